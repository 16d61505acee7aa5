// Opens each route file that is named as Kaoto does and saves it again as Kaoto would; of Kaoto's
// package only what reads and writes files is used, its pictures and windows are left out.
const Module = require('node:module');
const fs = require('node:fs');
const { transformSync } = require(process.argv[2] + '/node_modules/esbuild');
const nothing = new Proxy(function () {}, {
  get: (target, name) => (name === 'prototype' ? {} : name === Symbol.toPrimitive ? () => '' : name === '__esModule' ? true : nothing),
  apply: () => nothing,
  construct: () => ({}),
});
for (const name of ['DOMParser', 'XMLSerializer', 'document', 'window', 'localStorage']) globalThis[name] ??= nothing;
const UI = /^(react|@patternfly|@kie-tools|@kaoto\/forms|@dnd-kit|@visx|monaco|html-to-image|mobx|simple-zustand|usehooks|remark|hotkeys)|\.(s?css|svg|png|jpg|gif)$/;
const load = Module._load;
Module._load = function (request, parent, isMain) {
  if (UI.test(request)) return nothing;
  return load.call(this, request, parent, isMain);
};
Module._extensions['.js'] = (module, file) => {
  const text = fs.readFileSync(file, 'utf8');
  const isModule = /^\s*(import|export)\b/m.test(text);
  module._compile(isModule ? transformSync(text, { format: 'cjs', loader: 'js' }).code : text, file, 'commonjs');
};
const root = process.argv[2] + '/node_modules/@kaoto/kaoto/lib/cjs/models/camel/';
const { CamelResourceFactory } = require(root + 'camel-resource-factory.js');
for (const file of process.argv.slice(3)) {
  const resource = CamelResourceFactory.createCamelResource(fs.readFileSync(file, 'utf8'), { path: file });
  fs.writeFileSync(file, String(resource));
}
