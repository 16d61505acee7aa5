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

  /** What is wrong in the text of a file. */
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
                route("k", "- log: x").replace("direct:route-k", "jobs:urgent=9,high=6"))),
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
            "worker/k.camel.yaml:5: route-k: the lane `urgent` has no queue `jobs-urgent`: declare it in queues.json"));
  }

  /** What is wrong once Camel has put all files together. */
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
            ADMISSION,
            ours(ADMISSION).replace("every-operation-is-admitted", "routeConfiguration-3210")),
        List.of(
            "api/l.camel.yaml:7: route-l/go-l: no route starts at direct:queue-jop; did you mean `direct:queue-job`?",
            "api/m.camel.yaml:5: route-m: calls itself: route-m -> route-n -> route-m",
            "api/o.camel.yaml:5: route-o: `platform-http` takes requests without a key: add an operation to the contract and start the route at direct:<operationId>",
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
