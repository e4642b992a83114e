/** Reads tables and constants that a module keeps to itself out of its source, so that no document repeats them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import ts from 'typescript';

const root = join(import.meta.dirname, '..', '..');

/** A number that is named at the top of a file, with what its comment says of it. */
export interface SourceConstant {
  readonly name: string;
  readonly value: number;
  readonly comment: string;
}

const parsed = new Map<string, ts.SourceFile>();

function sourceOf(path: string): ts.SourceFile {
  let source = parsed.get(path);
  if (source === undefined) {
    source = ts.createSourceFile(path, readFileSync(join(root, path), 'utf8'), ts.ScriptTarget.Latest, true);
    parsed.set(path, source);
  }
  return source;
}

function* nodesOf(node: ts.Node): Generator<ts.Node> {
  yield node;
  for (const child of node.getChildren()) yield* nodesOf(child);
}

/** Numbers at the top of a file, in its order. */
export function constantsOf(path: string): SourceConstant[] {
  const found = new Map<string, SourceConstant>();
  for (const statement of sourceOf(path).statements) {
    if (!ts.isVariableStatement(statement)) continue;
    for (const { name, initializer } of statement.declarationList.declarations) {
      if (!ts.isIdentifier(name) || initializer === undefined) continue;
      const value = numberOf(initializer, found);
      if (value !== undefined)
        found.set(name.text, { name: name.text, value, comment: commentOf(statement) });
    }
  }
  return [...found.values()];
}

/** One of them. @throws when the file has it no more */
export function constant(path: string, name: string): SourceConstant {
  const found = constantsOf(path).find((one) => one.name === name);
  if (found === undefined) throw new Error(`${path} has no constant ${name}: name another for the statement`);
  return found;
}

function numberOf(node: ts.Expression, known: ReadonlyMap<string, SourceConstant>): number | undefined {
  if (ts.isNumericLiteral(node)) return Number(node.text);
  if (ts.isIdentifier(node)) return known.get(node.text)?.value;
  if (ts.isParenthesizedExpression(node)) return numberOf(node.expression, known);
  if (!ts.isBinaryExpression(node)) return undefined;
  const [left, right] = [numberOf(node.left, known), numberOf(node.right, known)];
  if (left === undefined || right === undefined) return undefined;
  if (node.operatorToken.kind === ts.SyntaxKind.AsteriskToken) return left * right;
  if (node.operatorToken.kind === ts.SyntaxKind.AsteriskAsteriskToken) return left ** right;
  return undefined;
}

/** The words of a block or line comment in front of a statement, as one line. */
function commentOf(statement: ts.Node): string {
  const source = statement.getSourceFile().text;
  const ranges = ts.getLeadingCommentRanges(source, statement.getFullStart()) ?? [];
  const last = ranges.at(-1);
  if (last === undefined) return '';
  return source
    .slice(last.pos, last.end)
    .replace(/^\/\*\*?|\*\/$|^\s*\*|^\/\/ ?/gm, '')
    .replace(/\s+/g, ' ')
    .trim();
}

function initializerOf(path: string, name: string): ts.Expression {
  for (const node of nodesOf(sourceOf(path))) {
    if (ts.isVariableDeclaration(node) && node.name.getText() === name && node.initializer)
      return node.initializer;
  }
  throw new Error(`${path} has no ${name}: the statement reads it from there`);
}

/** Keys of a table that is an object. */
export function keysOf(path: string, name: string): string[] {
  const table = initializerOf(path, name);
  if (!ts.isObjectLiteralExpression(table)) throw new Error(`${name} in ${path} is no table`);
  return table.properties.flatMap((property) => property.name?.getText().replace(/^'|'$/g, '') ?? []);
}

/** Texts in the value of a constant, in their order: of a list, a set, a table. Constants named there count too. */
export function textsOf(path: string, name: string): string[] {
  return [...nodesOf(initializerOf(path, name))].flatMap((node) => {
    if (ts.isStringLiteral(node)) return [node.text];
    const isConstant = ts.isIdentifier(node) && /^[A-Z][A-Z0-9_]+$/.test(node.text);
    return isConstant ? textsOf(fileOf(path, node.text), node.text) : [];
  });
}

/** The file a name of another file comes from. */
function fileOf(path: string, name: string): string {
  for (const statement of sourceOf(path).statements) {
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) continue;
    const bindings = statement.importClause?.namedBindings;
    const isFrom = bindings !== undefined && ts.isNamedImports(bindings);
    if (isFrom && bindings.elements.some((element) => element.name.text === name))
      return posix.join(posix.dirname(path), statement.moduleSpecifier.text);
  }
  return path;
}

/** Numbers in the value of a constant, in their order. */
export function numbersOf(path: string, name: string): number[] {
  return [...nodesOf(initializerOf(path, name))].flatMap((node) =>
    ts.isNumericLiteral(node) ? [Number(node.text)] : [],
  );
}

/** Names behind `object.` in the value of a constant: TransferSyntaxUID.RLELossless gives RLELossless. */
export function membersOf(path: string, name: string, object: string): string[] {
  return [...nodesOf(initializerOf(path, name))].flatMap((node) =>
    ts.isPropertyAccessExpression(node) && node.expression.getText() === object ? [node.name.text] : [],
  );
}

/** Names of a type that is a choice of texts. */
export function choicesOf(path: string, typeName: string): string[] {
  for (const node of nodesOf(sourceOf(path))) {
    if (ts.isTypeAliasDeclaration(node) && node.name.text === typeName) return literalsIn(node);
  }
  throw new Error(`${path} has no type ${typeName}`);
}

function literalsIn(node: ts.Node): string[] {
  return [...nodesOf(node)].flatMap((each) => (ts.isStringLiteral(each) ? [each.text] : []));
}

/** Calls of a function or a constructor: for each its arguments, as the literals in them. */
export function callsOf(path: string, callee: string): string[][][] {
  return [...nodesOf(sourceOf(path))].flatMap((node) => {
    const isCall =
      (ts.isCallExpression(node) || ts.isNewExpression(node)) &&
      node.expression.getText().replace(/\s+/g, '') === callee;
    if (!isCall) return [];
    return [
      (node.arguments ?? []).map((argument) =>
        [...nodesOf(argument)].flatMap((each) =>
          ts.isStringLiteral(each) || ts.isNumericLiteral(each) ? [each.text] : [],
        ),
      ),
    ];
  });
}

/** Texts of a file that match. */
export function textsMatching(path: string, pattern: RegExp): string[] {
  return [...new Set(literalsIn(sourceOf(path)).filter((text) => pattern.test(text)))];
}

/** Sources in a folder, tests left out. */
export function sourcesIn(folder: string): string[] {
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .sort()
    .map((name) => `${folder}/${name}`);
}
