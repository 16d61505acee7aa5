package io.outpost.routes;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Folders with one mistake of each kind that is known before anything runs: check, start and reload
 * must name them in the same words.
 *
 * @param files texts by folder and name
 * @param findings what is said, among other lines
 */
record MistakenFolder(Map<String, String> files, List<String> findings) {

  private static final String ADMISSION = "api/admission.camel.yaml";

  /** Mistakes that the text of a file shows. */
  static MistakenFolder texts() {
    return new MistakenFolder(
        Map.ofEntries(
            Map.entry("api/a.camel.yaml", route("a", "- log: one\n       - log: two")),
            Map.entry("api/b.camel.yaml", route("b", "- setBoddy: { constant: x }")),
            Map.entry("api/c.camel.yaml", route("c", "- log: { id: say-c, mesage: x }")),
            Map.entry("api/d.camel.yaml", route("d", "- bean: { id: call-d, ref: jobReder }")),
            Map.entry(
                "api/e.camel.yaml",
                route("e", "- bean: { id: call-e, ref: jobReader, method: reed }")),
            Map.entry(
                "api/f.camel.yaml",
                route("f", "- delay: { id: wait-f, constant: '{{outpost.worker.slot}}' }")),
            Map.entry(
                "api/g.camel.yaml",
                route("g", "- to: { id: go-g, uri: 'https://example.com?bridgeEndpont=true' }")),
            Map.entry("api/h.camel.yaml", route("h", "- log: { id: new-job, message: x }")),
            Map.entry(
                "api/i.camel.yaml",
                route(
                    "i", "- filter: { id: if-i, simple: \"${body} = 'x'\", steps: [{ log: x }] }")),
            Map.entry("worker/j.yaml", route("j", "- log: x")),
            Map.entry(
                "worker/k.camel.yaml",
                route("k", "- log: x").replace("direct:route-k", "jobs:urgent=9")),
            Map.entry("api/p.camel.yaml", route("p", "- log: { message: x, message: y }")),
            Map.entry("api/q.camel.yaml", ""),
            Map.entry(
                "api/r.camel.yaml", route("r", "- log: x") + "---\n" + route("rr", "- log: x")),
            Map.entry(
                "api/s.camel.yaml",
                route("s", "- filter: &s { simple: 'true', steps: [{ filter: *s }] }")),
            Map.entry("api/t.camel.yaml", route("t", "- setHeader: { id: set-t, constant: x }")),
            Map.entry(
                "api/u.camel.yaml", route("u", "- filter: { id: if-u, steps: [{ log: x }] }")),
            Map.entry(
                "api/v.camel.yaml",
                route("v", "- log: { id: say-v, loggingLevel: LOUD, message: x }")),
            Map.entry(
                "api/w.camel.yaml",
                route("w", "- log: { id: say-w, message: '{{env:OUTPOST_NOT_THERE}}' }")),
            Map.entry(
                "api/x.camel.yaml",
                route("x", "- bean: { id: call-x, ref: jobReader, method: 'read(1, 2, 3)' }")),
            Map.entry("api/y.camel.yaml", route("y", "- to: { id: go-y, uri: 'kafka:topic' }")),
            Map.entry(
                "api/z.camel.yaml",
                route("z", "- to: { id: go-z, uri: 'seda:z', parameters: { size: many } }")),
            Map.entry(
                "api/aa.camel.yaml",
                "- onException:\n    id: on-aa\n    exception: [java.lang.Exception]\n    steps: [{ log: x }]\n"),
            Map.entry(
                "api/cc.camel.yaml",
                "- beans:\n    - name: authentication\n      type: java.util.ArrayList\n"),
            Map.entry("api/dd.camel.yaml", route("dd", "- log")),
            Map.entry("api/ee.camel.yaml", route("ee", "- process: { id: do-ee, ref: jobReader }")),
            Map.entry("api/ff.camel.yaml", route("ff", "- bean: { id: call-ff, ref: jobReader }")),
            Map.entry(
                "api/gg.camel.yaml",
                route(
                    "gg", "- setBody: { id: b-gg, simple: '${properties:outpost.worker.slot}' }")),
            Map.entry(
                "api/mm.camel.yaml",
                route("mm", "- bean: { id: call-mm, ref: camelContext, method: stop }")),
            Map.entry(
                "api/nn.camel.yaml",
                "- routeConfiguration:\n    id: every-nn\n    errorHandler: { deadLetterChannel: { deadLetterUri: 'log:x' } }\n")),
        List.of(
            "api/a.camel.yaml:8: is no YAML: expected <block end>, but found '<block sequence start>'; look at the indentation",
            "api/b.camel.yaml:7: route-b: no step `setBoddy`; did you mean `setBody`?",
            "api/c.camel.yaml:7: route-c/say-c: no property `mesage` of `log`; did you mean `message`?",
            "api/d.camel.yaml:7: route-d/call-d: there is no bean `jobReder`; did you mean `jobReader`?",
            "api/e.camel.yaml:7: route-e/call-e: the bean `jobReader` has no method `reed`; did you mean `read`?",
            "api/f.camel.yaml:7: route-f/wait-f: there is no setting `outpost.worker.slot`; did you mean `outpost.worker.slots`?",
            "api/g.camel.yaml:7: route-g/go-g: `https` has no option `bridgeEndpont`; did you mean `bridgeEndpoint`?",
            "api/h.camel.yaml:7: route-h/new-job: the id `new-job` is taken already (api/jobs.camel.yaml:7)",
            "api/i.camel.yaml:7: route-i/if-i: cannot read `${body} = 'x'`: Unexpected token =",
            "worker/j.yaml:1: is not read: name it j.camel.yaml",
            "worker/k.camel.yaml:5: route-k: the lane `urgent` has no queue `jobs-urgent`: declare it in queues.json",
            "api/p.camel.yaml:7: `message` is given twice, in line 7 too",
            "api/q.camel.yaml:1: has no route: remove the file, or write one",
            "api/r.camel.yaml:8: has a second document: write one list, without `---` in between",
            "api/s.camel.yaml:7: contains itself: an alias (`*`) refers to a part that contains it",
            "api/t.camel.yaml:7: route-t/set-t: `setHeader` needs `name`",
            "api/u.camel.yaml:7: route-u/if-u: `filter` needs an expression, such as `simple`",
            "api/v.camel.yaml:7: route-v/say-v: `loggingLevel` cannot be `LOUD`, but TRACE, DEBUG, INFO, WARN, ERROR, OFF",
            "api/w.camel.yaml:7: route-w/say-w: there is no environment variable `OUTPOST_NOT_THERE`; set it, or give a default as in {{env:OUTPOST_NOT_THERE:…}}",
            "api/x.camel.yaml:7: route-x/call-x: the method `read` takes 2 values, not 3",
            "api/y.camel.yaml:7: route-y/go-y: the component `kafka` is not in this installation",
            "api/z.camel.yaml:7: route-z/go-z: the option `size` of `seda` is a whole number, not `many`",
            "api/aa.camel.yaml:1: on-aa: `onException` reaches the routes of its own file, and there is none: put it into a routeConfiguration whose id begins with every-",
            "api/cc.camel.yaml:2: the bean name `authentication` is taken by Outpost: choose another",
            "api/dd.camel.yaml:7: route-dd: the step `log` has no colon: write `log: …`",
            "api/ee.camel.yaml:7: route-ee/do-ee: `jobReader` is no Processor: call it with a `bean` step",
            "api/ff.camel.yaml:7: route-ff/call-ff: name a `method` of the bean `jobReader`: list, read",
            "api/gg.camel.yaml:7: route-gg/b-gg: there is no setting `outpost.worker.slot`; did you mean `outpost.worker.slots`?",
            "api/mm.camel.yaml:7: route-mm/call-mm: there is no bean `camelContext`",
            "api/nn.camel.yaml:1: every-nn: `errorHandler` would handle failures in every flow: give the configuration an id that does not begin with every- and name it in the routeConfigurationId of your routes"));
  }

  /** Mistakes that only Camel's model of all files shows. */
  static MistakenFolder models() throws IOException {
    return new MistakenFolder(
        Map.of(
            "api/l.camel.yaml",
            route("l", "- to: { id: go-l, uri: direct:queue-jop }"),
            "api/m.camel.yaml",
            route("m", "- to: { id: go-m, uri: direct:route-n }"),
            "api/n.camel.yaml",
            route("n", "- to: { id: go-n, uri: direct:route-m }"),
            "api/o.camel.yaml",
            route("o", "- log: x").replace("direct:route-o", "platform-http:/hook"),
            "common/hh.camel.yaml",
            route(
                "hh",
                "- recipientList: { id: go-hh, constant: 'direct:queue-job,direct:zzzzzzzzzzzz' }"),
            "common/ii.camel.yaml",
            route("ii", "- log: x")
                .replace(
                    "    from:",
                    "    errorHandler: { deadLetterChannel: { deadLetterUri: direct:yyyyyyyyyyyy } }\n    from:"),
            "common/jj.camel.yaml",
            route("jj", "- log: x").replace("direct:route-jj", "direct:route-kk"),
            "worker/kk.camel.yaml",
            route("kk", "- log: x"),
            "worker/ll.camel.yaml",
            """
            - routeTemplate:
                id: template-ll
                parameters:
                  - name: path
                from:
                  uri: "platform-http:/{{path}}"
                  steps:
                    - log: x
            - templatedRoute:
                routeTemplateRef: template-ll
                routeId: route-ll
                parameters:
                  - name: path
                    value: hook
            """,
            ADMISSION,
            ours(ADMISSION).replace("every-operation-is-admitted", "routeConfiguration-3210")),
        List.of(
            "api/l.camel.yaml:7: route-l/go-l: no route starts at direct:queue-jop; did you mean `direct:queue-job`?",
            "api/m.camel.yaml:5: route-m: calls itself: route-m -> route-n -> route-m",
            "api/o.camel.yaml:5: route-o: `platform-http` takes requests without a key: add an operation to the contract and start the route at direct:<operationId>",
            "common/hh.camel.yaml:7: route-hh/go-hh: no route starts at direct:zzzzzzzzzzzz",
            "common/ii.camel.yaml:1: route-ii: no route starts at direct:yyyyyyyyyyyy",
            "worker/kk.camel.yaml:5: route-kk: direct:route-kk starts the route `route-jj` already (common/jj.camel.yaml:5)",
            "worker/ll.camel.yaml:5: route-ll: `platform-http` takes requests without a key: add an operation to the contract and start the route at direct:<operationId>",
            "api/admission.camel.yaml:2: routeConfiguration-3210: the configuration `routeConfiguration-3210` applies to no route: name it in a route's routeConfigurationId, or begin its id with every- to have it apply to all",
            "api/jobs.camel.yaml:5: submit-job: the operation `submitJob` does not pass admission: a configuration whose id begins with every- must intercept direct:submitJob and call direct:admit-request"));
  }

  void writeInto(Path folder) throws IOException {
    for (var file : files.entrySet()) {
      var path = folder.resolve(file.getKey());
      Files.createDirectories(path.getParent());
      Files.writeString(path, file.getValue());
    }
  }

  private static String route(String name, String steps) {
    return """
    - route:
        id: route-%s
        description: A route of somebody's own.
        from:
          uri: direct:route-%s
          steps:
            %s
    """
        .formatted(name, name, steps);
  }

  private static String ours(String file) throws IOException {
    try (var text = MistakenFolder.class.getResourceAsStream("/routes/" + file)) {
      return new String(text.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
