import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const projectRoot: string = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

const skipped = new Set(['node_modules', 'dist', 'gen', 'testdata', '.git']);

/** Every hand-written TypeScript file below `folder`, relative to the project's root, sorted. */
export function sourceFiles(folder: string): string[] {
  const found: string[] = [];
  const visit = (dir: string) => {
    for (const entry of readdirSync(path.join(projectRoot, dir), { withFileTypes: true })) {
      const file = path.join(dir, entry.name);
      if (entry.isDirectory() && !skipped.has(entry.name)) visit(file);
      else if (entry.isFile() && /\.tsx?$/.test(entry.name) && !entry.name.endsWith('.d.ts'))
        found.push(file);
    }
  };
  visit(folder);
  return found.sort();
}

export interface Import {
  readonly specifier: string;
  readonly typeOnly: boolean;
}

/** The module specifiers that a file imports, exports from, or loads dynamically. */
export function importsOf(file: string): Import[] {
  const text = readFileSync(path.join(projectRoot, file), 'utf8');
  const found: Import[] = [];
  for (const match of text.matchAll(/^(?:import|export)\s+(type\s+)?[^'";]*?from\s+['"]([^'"]+)['"]/gm)) {
    found.push({ specifier: match[2]!, typeOnly: match[1] !== undefined });
  }
  for (const match of text.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/g))
    found.push({ specifier: match[1]!, typeOnly: false });
  for (const match of text.matchAll(/^import\s+['"]([^'"]+)['"]/gm))
    found.push({ specifier: match[1]!, typeOnly: false });
  return found;
}
