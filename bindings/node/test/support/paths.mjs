import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const packageFolder = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
export const repository = join(packageFolder, '..', '..');
export const vectorFolder = join(repository, 'testdata', 'vectors', 'flipt');
