/**
 * Writes the tables of the DICOM Standard into packages/dicom/src/generated: JavaScript with types beside it, because
 * stripping types off the large ones would take longer at each start than reading them.
 * Usage: npm run generate   (LEADGLASS_STANDARD names the folder with the tables, else ../shared/standard)
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { renderCharacterSets, renderCharacterSetTypes } from './generate/character-sets.ts';
import {
  renderDictionary,
  renderDictionaryTypes,
  renderTags,
  renderTagTypes,
} from './generate/dictionary.ts';
import { projectRoot } from './generate/tables.ts';
import {
  renderStorageSOPClasses,
  renderStorageSOPClassTypes,
  renderTransferSyntaxes,
  renderTransferSyntaxTypes,
  renderUIDs,
  renderUIDTypes,
} from './generate/uids.ts';
import {
  renderValueRepresentations,
  renderValueRepresentationTypes,
} from './generate/value-representations.ts';

const target = 'packages/dicom/src/generated';

/** Generated files by path relative to the project's root, each with the function that makes its text. */
export const generatedFiles: Readonly<Record<string, () => string>> = {
  [`${target}/character-sets.js`]: renderCharacterSets,
  [`${target}/character-sets.d.ts`]: renderCharacterSetTypes,
  [`${target}/dictionary-table.js`]: renderDictionary,
  [`${target}/dictionary-table.d.ts`]: renderDictionaryTypes,
  [`${target}/storage-sop-classes.js`]: renderStorageSOPClasses,
  [`${target}/storage-sop-classes.d.ts`]: renderStorageSOPClassTypes,
  [`${target}/tags.js`]: renderTags,
  [`${target}/tags.d.ts`]: renderTagTypes,
  [`${target}/transfer-syntaxes.js`]: renderTransferSyntaxes,
  [`${target}/transfer-syntaxes.d.ts`]: renderTransferSyntaxTypes,
  [`${target}/uids.js`]: renderUIDs,
  [`${target}/uids.d.ts`]: renderUIDTypes,
  [`${target}/value-representations.js`]: renderValueRepresentations,
  [`${target}/value-representations.d.ts`]: renderValueRepresentationTypes,
};

function main(): void {
  for (const [path, render] of Object.entries(generatedFiles)) {
    const file = join(projectRoot, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, render());
    console.log(path);
  }
}

if (import.meta.main) main();
