/**
 * Writes the tables of the DICOM Standard as TypeScript into packages/dicom/src/generated.
 * Usage: npm run generate   (LEADGLASS_STANDARD names the folder with the tables, else ../shared/standard)
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { renderCharacterSets } from './generate/character-sets.ts';
import { renderDictionary, renderDictionaryTypes, renderTags, renderTagTypes } from './generate/dictionary.ts';
import { projectRoot } from './generate/tables.ts';
import { renderStorageSOPClasses, renderTransferSyntaxes, renderUIDs, renderUIDTypes } from './generate/uids.ts';
import { renderValueRepresentations } from './generate/value-representations.ts';

const target = 'packages/dicom/src/generated';

/** Generated files by path relative to the project's root, each with the function that makes its text. */
export const generatedFiles: Readonly<Record<string, () => string>> = {
  [`${target}/character-sets.ts`]: renderCharacterSets,
  [`${target}/dictionary-table.js`]: renderDictionary,
  [`${target}/dictionary-table.d.ts`]: renderDictionaryTypes,
  [`${target}/storage-sop-classes.ts`]: renderStorageSOPClasses,
  [`${target}/tags.js`]: renderTags,
  [`${target}/tags.d.ts`]: renderTagTypes,
  [`${target}/transfer-syntaxes.ts`]: renderTransferSyntaxes,
  [`${target}/uids.js`]: renderUIDs,
  [`${target}/uids.d.ts`]: renderUIDTypes,
  [`${target}/value-representations.ts`]: renderValueRepresentations,
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
