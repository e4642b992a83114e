/**
 * Loaded before the commands (`node --import`), in their threads too. Node.js asks the file system four questions for
 * each module it resolves: is it there, is it a link, whose package.json is nearest, what does that say. For a module
 * that names its neighbour (`./door.ts`) they have one answer, which halves the time until several hundred are loaded.
 * What has no such name is resolved as always; a file that is not there fails when it is read.
 */
import { registerHooks } from 'node:module';

/** What `import './x'` may name for the short way, and what it then is: a script's format is asked of its package. */
const FORMATS = new Map([
  ['.ts', 'module-typescript'],
  ['.js', undefined],
]);

registerHooks({
  resolve(specifier, context, next) {
    const extension = specifier.slice(-3);
    const isNeighbour = specifier.startsWith('./') || specifier.startsWith('../');
    if (!isNeighbour || !FORMATS.has(extension) || context.parentURL?.startsWith('file:') !== true) {
      return next(specifier, context);
    }
    // `require` looks for more than the name says, and a JSON module says what it is.
    if (!context.conditions.includes('import') || Object.keys(context.importAttributes).length > 0) {
      return next(specifier, context);
    }
    const { href } = new URL(specifier, context.parentURL);
    return { url: href, format: FORMATS.get(extension), shortCircuit: true };
  },
});
