// Makes what the repository does not hold: the compiled TypeScript, and copies of the library and its header. npm runs it
// for a folder in the repository, never for a published package.
'use strict';
const { spawnSync } = require('node:child_process');
const { copyFileSync, existsSync, mkdirSync, renameSync, rmSync } = require('node:fs');
const { dirname, join } = require('node:path');

const root = join(__dirname, '..');
const repository = join(root, '..', '..');
const build = join(root, 'build');
const library = { darwin: 'libburgee.dylib', win32: 'burgee.dll' }[process.platform] ?? 'libburgee.so';

function run(command, args, cwd) {
  const { status, error } = spawnSync(command, args, { cwd, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) {
    throw new Error(`${command} ${args.join(' ')} failed${error ? `: ${error.message}` : ''}`);
  }
}

function copyLibrary() {
  const built = join(repository, 'build', library);
  if (!existsSync(built)) {
    run(
      process.platform === 'win32' ? 'bash' : join(repository, 'build.sh'),
      process.platform === 'win32' ? ['build.sh'] : [],
      repository,
    );
  }
  mkdirSync(build, { recursive: true });
  for (const [from, name] of [
    [built, library],
    [join(repository, 'include', 'burgee.h'), 'burgee.h'],
  ]) {
    // Into a new file, because overwriting the library of a running program would crash that.
    const copy = join(build, `${name}.${process.pid}`);
    copyFileSync(from, copy);
    renameSync(copy, join(build, name));
  }
}

/** The TypeScript compiler, installed here if npm has not done it: it does not for a folder that it only links to. */
function typescript() {
  const find = () => join(dirname(require.resolve('typescript/package.json', { paths: [root] })), 'bin', 'tsc');
  try {
    return find();
  } catch {
    const npm = process.env.npm_execpath;
    const args = ['ci', '--ignore-scripts', '--include=dev', '--no-audit', '--no-fund'];
    run(npm ? process.execPath : 'npm', npm ? [npm, ...args] : args, root);
    return find();
  }
}

try {
  copyLibrary();
  const compiler = typescript();
  // Into a new folder, so that programs that use the package meanwhile find the old one until the new one is complete.
  const fresh = join(root, `dist.${process.pid}`);
  run(process.execPath, [compiler, '-p', root, '--outDir', fresh], root);
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  renameSync(fresh, join(root, 'dist'));
} catch (error) {
  console.error(`burgee: ${error.message}`);
  process.exitCode = 1;
}
