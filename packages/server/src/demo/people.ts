/** Somebody who does not exist. Names are of the family Demo in their own script. */
export interface Person {
  readonly patientID: string;
  /** Component groups as PN has them: alphabetic=ideographic=phonetic (PS3.5 6.2.1.1). */
  readonly name: string;
  readonly characterSet: readonly string[];
  readonly birthDate: string;
  readonly sex: 'F' | 'M' | 'O';
  /** In years and kilograms at the time of the study. */
  readonly age: number;
  readonly weight: number;
}

type Template = Omit<Person, 'patientID'>;

const templates: readonly Template[] = [
  {
    name: 'Demo^Zoë Françoise^^Dr.',
    characterSet: ['ISO_IR 100'],
    birthDate: '19610324',
    sex: 'F',
    age: 64,
    weight: 61,
  },
  { name: 'Δέμο^Ελένη', characterSet: ['ISO_IR 126'], birthDate: '19780911', sex: 'F', age: 47, weight: 66 },
  { name: 'Демо^Борис', characterSet: ['ISO_IR 144'], birthDate: '19550702', sex: 'M', age: 70, weight: 84 },
  {
    name: 'Demo^Hanako=出母^花子=でも^はなこ',
    characterSet: ['', 'ISO 2022 IR 87'],
    birthDate: '19900115',
    sex: 'F',
    age: 35,
    weight: 52,
  },
  {
    name: 'Demo^Minsu=大模^民秀=데모^민수',
    characterSet: ['', 'ISO 2022 IR 149'],
    birthDate: '19690530',
    sex: 'M',
    age: 56,
    weight: 73,
  },
  {
    name: 'Demo^XiaoMing=德默^小明',
    characterSet: ['GB18030'],
    birthDate: '20011208',
    sex: 'M',
    age: 24,
    weight: 70,
  },
  { name: 'ديمو^سلمى', characterSet: ['ISO_IR 127'], birthDate: '19830419', sex: 'F', age: 42, weight: 58 },
  { name: 'דמו^יעל', characterSet: ['ISO_IR 138'], birthDate: '19471022', sex: 'F', age: 78, weight: 63 },
];

export const peopleCount = templates.length;

/** @param index from 0; beyond the names there are, they come again with a number as middle name */
export function person(index: number): Person {
  const template = templates[index % templates.length] as Template;
  const round = Math.floor(index / templates.length);
  const patientID = `DEMO-${String(index + 1).padStart(4, '0')}`;
  return { ...template, patientID, name: round === 0 ? template.name : numbered(template.name, round + 1) };
}

/** The number becomes the middle name of each group. */
function numbered(name: string, number: number): string {
  const groups = name.split('=').map((group) => {
    const components = group.split('^');
    return [components[0], components[1], String(number), ...components.slice(3)].join('^');
  });
  return groups.join('=');
}
