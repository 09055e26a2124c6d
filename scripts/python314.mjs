// Run pytest under CPython 3.14, which npm's pyodide is, with folders of this machine.
//   node python314.mjs PROJECT SITE pytest's arguments...
import { loadPyodide } from "pyodide";

const [project, site, ...args] = process.argv.slice(2);
const python = await loadPyodide({ env: { HOME: "/tmp", PYTHONDONTWRITEBYTECODE: "1" } });
for (const [root, path] of [[project, "/kit"], [site, "/site"]]) {
  python.FS.mkdirTree(path);
  python.FS.mount(python.FS.filesystems.NODEFS, { root }, path);
}
python.globals.set("ARGS", python.toPy(args));
let status = 70;
try {
  status = python.runPython(`
import os, sys
sys.path[:0] = ["/kit", "/site"]
os.chdir("/kit")
import pytest
int(pytest.main([*ARGS]))
`);
} catch (error) {
  console.error(String(error.message).slice(-2000)); // not the whole of pyodide
}
process.exit(status);
