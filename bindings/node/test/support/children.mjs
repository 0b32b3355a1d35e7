// Programs that use the package, in processes of their own.
import { spawn } from 'node:child_process';

import { packageFolder } from './paths.mjs';

/** Starts `node -e script` (or the options' arguments) in the package's folder, where require('burgee') works. */
export function start(script, { args = [], env = {}, type = 'commonjs' } = {}) {
  const child = spawn(process.execPath, [...args, `--input-type=${type}`, '-e', script], {
    cwd: packageFolder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.setEncoding('utf8');
  child.stderr.setEncoding('utf8');
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (text) => (stdout += text));
  child.stderr.on('data', (text) => (stderr += text));
  const ended = new Promise((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  /** Resolves once the program has written text to stdout. */
  const wrote = (text) =>
    new Promise((resolve, reject) => {
      const check = () => {
        if (stdout.includes(text)) {
          child.stdout.off('data', check);
          resolve();
        }
      };
      child.stdout.on('data', check);
      check();
      void ended.then(() => reject(new Error(`ended without writing ${text}: ${stdout} ${stderr}`)));
    });
  return { child, ended, wrote };
}

/** Runs a script to its end. */
export function run(script, options) {
  return start(script, options).ended;
}
