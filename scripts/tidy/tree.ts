import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The project's files by path from its root, with '/' between names. Checks take this, so tests can make one. */
export type Tree = ReadonlyMap<string, string>;

/** Something untidy, and what to do about it. */
export interface Problem {
  readonly file: string;
  /** From 1. */
  readonly line?: number;
  readonly message: string;
}

/** Where the project's own files lie; a data folder beside them is not looked into. */
const FOLDERS = ['.ci', 'docs', 'packages', 'scripts', 'test', 'tools'];
const FOLDERS_PASSED_OVER = new Set(['node_modules', 'test-results', '.cache', '.git']);
const TEXT = /\.(ts|js|mjs|json|md|sh|toml|html|css|svg|txt|yml|yaml)$|^[^.]+$|^\.[^.]+$/;

export function readTree(root: string): Tree {
  const tree = new Map<string, string>();
  const visit = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        const wanted = folder === '' ? FOLDERS.includes(entry.name) : !FOLDERS_PASSED_OVER.has(entry.name);
        if (wanted) visit(path);
      } else if (entry.isFile() && TEXT.test(entry.name)) {
        tree.set(path, readFileSync(join(root, path), 'utf8'));
      }
    }
  };
  visit('');
  return tree;
}

export const isSource = (path: string): boolean =>
  /^(packages\/[^/]+\/src|scripts|test)\/.*\.(ts|js)$/.test(path);

/** Tests and what serves only them: they may reach further than what they test. */
export const isTestCode = (path: string): boolean =>
  path.startsWith('test/') || /\.test\.ts$|\/testing\/|\/test-support(\/|\.ts$)/.test(path);

export const isGenerated = (path: string): boolean => path.includes('/generated/');

export const lineAt = (text: string, offset: number): number => text.slice(0, offset).split('\n').length;

export function packageOf(path: string): string | undefined {
  return /^packages\/([^/]+)\//.exec(path)?.[1];
}
