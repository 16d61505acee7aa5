package io.outpost.routes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A mistake in a route is reported with file, line, route, step and remedy. */
class RouteMistakesTest {

  private static final String HEAD =
      """
      - route:
          id: my-route
          description: A route of somebody's own.
          from:
            uri: direct:my-route
            steps:
      """;

  @TempDir Path folder;

  static Stream<Arguments> mistakes() {
    return Stream.of(
        mistake(
            "api/x.camel.yaml",
            "- route:\n  id: x\n  from:\n    uri: direct:x-y\n",
            "api/x.camel.yaml:2: `id` stands beside a step: indent it further, or begin a step with \"- \"",
            "api/x.camel.yaml:3: `from` stands beside a step: indent it further, or begin a step with \"- \""),
        mistake(
            "api/x.camel.yaml",
            HEAD + "        - log: hello\n       - log: world\n",
            "api/x.camel.yaml:8: is no YAML: expected <block end>, but found '<block sequence start>'; look at the indentation"),
        mistake(
            "api/x.camel.yaml",
            HEAD + "        - setBoddy: { constant: x }\n",
            "api/x.camel.yaml:7: my-route: no step `setBoddy`; did you mean `setBody`?"),
        mistake(
            "api/x.camel.yaml",
            HEAD + "        - log: { id: say, mesage: hello }\n",
            "api/x.camel.yaml:7: my-route/say: no property `mesage` of `log`; did you mean `message`?"),
        mistake(
            "api/x.camel.yaml",
            HEAD + "        - bean: { id: read, ref: jobReder, method: read }\n",
            "api/x.camel.yaml:7: my-route/read: there is no bean `jobReder`; did you mean `jobReader`?"),
        mistake(
            "api/x.camel.yaml",
            HEAD + "        - bean: { id: read, ref: jobReader, method: reed }\n",
            "api/x.camel.yaml:7: my-route/read: the bean `jobReader` has no method `reed`; did you mean `read`?"),
        mistake(
            "api/x.camel.yaml",
            HEAD
                + "        - filter: { id: f, simple: '${bean:jobReader?method=reed}', steps: [{ log: x }] }\n",
            "api/x.camel.yaml:7: my-route/f: the bean `jobReader` has no method `reed`; did you mean `read`?"),
        mistake(
            "api/x.camel.yaml",
            HEAD + "        - to: { id: go, uri: direct:queue-jop }\n",
            "api/x.camel.yaml:7: my-route/go: no route starts at direct:queue-jop; did you mean `direct:queue-job`?"),
        mistake(
            "api/x.camel.yaml",
            HEAD + "        - wireTap: { id: tap, uri: direct:nowhere-at-all }\n",
            "api/x.camel.yaml:7: my-route/tap: no route starts at direct:nowhere-at-all"),
        mistake(
            "worker/x.camel.yaml",
            "- route:\n    id: x\n    description: x\n    from:\n      uri: jobs:high=six\n      parameters:\n        slots: many\n      steps:\n        - log: x\n",
            "worker/x.camel.yaml:7: x: the option `slots` of `jobs` is a whole number, not `many`",
            "worker/x.camel.yaml:5: x: the queue jobs-high starts the route `run-jobs` already (worker/jobs.camel.yaml:7)",
            "worker/x.camel.yaml:5: x: `jobs:high=six` wants lanes with weights from 1 to 9999, as in `jobs:high=6,normal=3,low=1`"),
        mistake(
            "worker/x.camel.yaml",
            HEAD + "        - delay: { id: d, constant: '{{outpost.worker.slot}}' }\n",
            "worker/x.camel.yaml:7: my-route/d: there is no setting `outpost.worker.slot`; did you mean `outpost.worker.slots`?"),
        mistake(
            "worker/x.camel.yaml",
            HEAD + "        - to: { id: go, uri: '{{team.chat}}' }\n",
            "worker/x.camel.yaml:7: my-route/go: there is no setting `team.chat`; set TEAM_CHAT, or give a default as in {{team.chat:…}}"),
        mistake(
            "api/x.camel.yaml",
            HEAD
                + "        - to:\n            id: go\n            uri: https://example.com\n            parameters:\n              bridgeEndpont: true\n",
            "api/x.camel.yaml:11: my-route/go: `https` has no option `bridgeEndpont`; did you mean `bridgeEndpoint`?"),
        mistake(
            "api/x.camel.yaml",
            "- route:\n    id: my-timer\n    description: Ticks.\n    from:\n      uri: timer:t\n      parameters: { perod: 5 }\n      steps:\n        - log: x\n",
            "api/x.camel.yaml:6: my-timer: `timer` has no option `perod`; did you mean `period`?"),
        mistake(
            "api/x.camel.yaml",
            HEAD + "        - to: { id: go, uri: 'mirometer:counter:x' }\n",
            "api/x.camel.yaml:7: my-route/go: there is no component `mirometer`; did you mean `micrometer`?"),
        mistake(
            "api/x.camel.yaml",
            HEAD
                + "        - to: { id: queue-new-jobs, uri: direct:queue-job }\n        - log: { id: queue-new-jobs, message: x }\n",
            "api/x.camel.yaml:8: my-route/queue-new-jobs: the id `queue-new-jobs` is taken already (api/x.camel.yaml:7)"),
        mistake(
            "api/x.camel.yaml",
            HEAD
                + "        - filter: { id: f, simple: \"${exchangeProperty.job.priority} = 'high'\", steps: [{ log: x }] }\n",
            "api/x.camel.yaml:7: my-route/f: cannot read `${exchangeProperty.job.priority} = 'high'`: Unexpected token ="),
        mistake(
            "api/x.camel.yaml",
            HEAD + "        - setBody: { id: b, simple: '${exchangeProperty.job.priority' }\n",
            "api/x.camel.yaml:7: my-route/b: cannot read `${exchangeProperty.job.priority`: expected symbol functionEnd but was eol"),
        mistake(
            "api/x.camel.yaml",
            HEAD
                + "        - filter: { id: f, simple: \"${exchangeProperty.jobb.priority} == 'high'\", steps: [{ log: x }] }\n",
            "api/x.camel.yaml:7: my-route/f: no property `jobb` is ever set; did you mean `job`?"),
        mistake(
            "api/x.camel.yaml",
            HEAD
                + "        - filter: { id: f, simple: \"${exchangeProperty.job.prioritty} == 'high'\", steps: [{ log: x }] }\n",
            "api/x.camel.yaml:7: my-route/f: `job` has no field `prioritty`; did you mean `priority`?"),
        mistake(
            "api/x.camel.yaml",
            HEAD
                + "        - to: { id: go, uri: direct:other-route }\n"
                + HEAD.replace("my-route", "other-route")
                + "        - to: { id: back, uri: direct:my-route }\n",
            "api/x.camel.yaml:5: my-route: calls itself: my-route -> other-route -> my-route"),
        mistake(
            "api/x.camel.yaml",
            HEAD.replace("direct:my-route", "direct:queue-job") + "        - log: x\n",
            "%s: my-route: direct:queue-job starts the route `queue-job` already (%s)"),
        mistake(
            "api/x.camel.yaml",
            HEAD.replace("direct:my-route", "platform-http:/hook") + "        - log: x\n",
            "api/x.camel.yaml:5: my-route: `platform-http` takes requests without a key: add an operation to the contract and start the route at direct:<operationId>"),
        mistake(
            "api/x.camel.yaml",
            "- rest:\n    path: /hook\n    get:\n      - id: get-hook\n        to: direct:queue-job\n",
            "takes requests without a key: add an operation to the contract and start the route at direct:<operationId>"),
        mistake(
            "worker/x.camel.yaml",
            HEAD.replace("direct:my-route", "jobs:urgent=9,high=6") + "        - log: x\n",
            "worker/x.camel.yaml:5: my-route: the lane `urgent` has no queue `jobs-urgent`: declare it in queues.json",
            "worker/x.camel.yaml:5: my-route: the queue jobs-high starts the route `run-jobs` already (worker/jobs.camel.yaml:7)"),
        mistake(
            "worker/x.camel.yaml",
            "- routeConfiguration:\n    id: routeConfiguration-1234\n    onException:\n      - onException:\n          id: on\n          exception: [java.io.IOException]\n          steps: [{ log: x }]\n",
            "worker/x.camel.yaml:1: routeConfiguration-1234: the configuration `routeConfiguration-1234` applies to no route: name it in a route's routeConfigurationId, or begin its id with every- to have it apply to all"),
        mistake(
            "worker/x.camel.yaml",
            "- routeConfiguration:\n    id: every-transition-is-seen\n    interceptFrom:\n      - interceptFrom:\n          id: see\n          uri: direct:record-transitoin\n          steps: [{ log: x }]\n",
            "every-transition-is-seen/see: intercepts nothing: no route starts at direct:record-transitoin; did you mean `direct:record-transition`?"),
        mistake(
            "worker/x.camel.yaml",
            HEAD.replace(
                    "    description", "    routeConfigurationId: retry-writs\n    description")
                + "        - log: x\n",
            "my-route: there is no configuration `retry-writs`; did you mean `retry-writes`?"),
        mistake(
            "api/x.camel.yaml",
            HEAD + "        - log: &one { message: x }\n        - log: { <<: *one, id: two }\n",
            "api/x.camel.yaml:8: my-route/two: `<<` is not read, because Camel knows no merged fields: write them out"),
        mistake(
            "api/x.camel.yaml",
            HEAD + "        - choice: { id: c, otherwise: { steps: [{ log: x }] } }\n",
            "api/x.camel.yaml:7: my-route/c: `choice` needs `when`"),
        mistake(
            "api/x.camel.yaml",
            HEAD + "        - choice: { id: c, when: [], otherwise: { steps: [{ log: x }] } }\n",
            "api/x.camel.yaml:7: my-route/c: `choice` needs `when`"),
        mistake(
            "api/x.camel.yaml",
            HEAD + "        - sample: { id: s, samplePeriod: soon }\n",
            "api/x.camel.yaml:7: my-route/s: `samplePeriod` of `sample` is a time such as 500 or 30s, not `soon`"),
        mistake(
            "api/x.camel.yaml",
            HEAD
                + "        - aggregate: { id: a, aggregationStrategy: '#jobReader', correlationExpression: { constant: x }, completionTimeout: '{{team.wait:1 hour}}', completionSize: 2.5 }\n",
            "api/x.camel.yaml:7: my-route/a: `completionTimeout` of `aggregate` is a time such as 500 or 30s, not `1 hour`",
            "api/x.camel.yaml:7: my-route/a: `completionSize` of `aggregate` is a whole number, not `2.5`"),
        mistake(
            "worker/x.camel.yaml",
            "- routeConfiguration:\n    id: slow\n    onException:\n      - onException:\n          exception: [java.io.IOException]\n          redeliveryPolicy: { redeliveryDelay: a while, maximumRedeliveries: 1.5 }\n"
                + HEAD.replace("    description", "    routeConfigurationId: slow\n    description")
                + "        - log: x\n",
            "worker/x.camel.yaml:6: slow: `redeliveryDelay` of `redeliveryPolicy` is a time such as 500 or 30s, not `a while`",
            "worker/x.camel.yaml:6: slow: `maximumRedeliveries` of `redeliveryPolicy` is a whole number, not `1.5`"),
        mistake(
            "worker/x.camel.yaml",
            "- templatedRoute:\n    routeTemplateRef: no-such\n    routeId: made\n    parameters: [{ name: a, value: b }]\n",
            "no-such"),
        mistake(
            "worker/x.camel.yaml",
            "- beans:\n    - name: slowly\n      type: org.apache.camel.processor.errorhandler.RedeliveryPolicy\n      properties: { maximumRedeliveries: many }\n"
                + HEAD
                + "        - log: x\n",
            "many"),
        mistake("api/x.yaml", HEAD, "api/x.yaml:1: is not read: name it x.camel.yaml"),
        mistake("api/x.camel.yml", HEAD, "api/x.camel.yml:1: is not read: name it x.camel.yaml"),
        mistake(
            "wroker/x.camel.yaml",
            HEAD,
            "wroker/x.camel.yaml:1: is not read: routes stand in common/, api/ or worker/ of the folder itself; did you mean `worker`?"),
        mistake(
            "api/deep/x.camel.yaml",
            HEAD,
            "api/deep/x.camel.yaml:1: is not read: routes stand in common/, api/ or worker/ of the folder itself"),
        mistake(
            "x.camel.yaml",
            HEAD,
            "x.camel.yaml:1: is not read: routes stand in common/, api/ or worker/ of the folder itself"));
  }

  private static Arguments mistake(String file, String text, String... findings) {
    return Arguments.of(file, text, List.of(findings));
  }

  @ParameterizedTest
  @MethodSource("mistakes")
  void aMistakeIsNamed(String file, String text, List<String> findings) throws IOException {
    write(file, text);
    var said = check();
    if (findings.getFirst().startsWith("%s")) {
      assertThat(said.out()).contains("direct:queue-job starts the route `");
    } else {
      assertThat(said.out().lines()).hasSameSizeAs(findings);
      findings.forEach(finding -> assertThat(said.out()).contains(finding));
    }
    assertThat(said.code()).isEqualTo(1);
  }

  @Test
  void oursAreAsTheyMustBe() {
    var said = run("check");
    assertThat(said.out()).isEmpty();
    assertThat(said.code()).isZero();
  }

  @Test
  void oursMountedAsTheyAreRemainAsTheyMustBe() throws IOException {
    for (var file :
        List.of("api/admission.camel.yaml", "api/errors.camel.yaml", "worker/jobs.camel.yaml")) {
      write(file, ours(file));
    }
    assertThat(check().out()).isEmpty();
  }

  @Test
  void severalMistakesAreNamedAtOnceInTheOrderOfTheirLines() throws IOException {
    write(
        "api/x.camel.yaml",
        HEAD
            + "        - bean: { id: one, ref: jobReder }\n        - bean: { id: two, ref: jobQueu }\n        - setBoddy: { constant: x }\n");
    assertThat(check().out().lines().map(line -> line.replaceFirst(": .*", "")))
        .containsExactly("api/x.camel.yaml:7", "api/x.camel.yaml:8", "api/x.camel.yaml:9");
  }

  /** A start and a reload report the same findings for these folders, in other tests. */
  @Test
  void oneMistakeOfEachKindIsNamedBesideTheOthers() throws IOException {
    for (var mistaken : List.of(MistakenFolder.texts(), MistakenFolder.models())) {
      mistaken.writeInto(folder);
      assertThat(check().out().lines()).containsAll(mistaken.findings());
      for (var file : mistaken.files().keySet()) {
        Files.delete(folder.resolve(file));
      }
    }
  }

  /**
   * Steps that would take over a flow, lose data or fail at run time, with the expected finding.
   */
  private static final String HARMFUL_STEPS =
      """
          setBody: { id: l, spel: "#{T(java.lang.Runtime).getRuntime()}" } | '`spel` runs code from text: call a bean instead'
          setBody: { id: l, language: { language: spel, expression: x } } | '`spel` runs code from text: call a bean instead'
          setBody: { id: l, groovy: x } | 'the language `groovy` is not in this installation'
          to: { id: l, uri: "language:simple:resource:file:/etc/passwd" } | '`language` runs code from text: call a bean instead'
          to: { id: l, uri: "class:java.lang.Runtime?method=gc" } | '`class` runs code from text: call a bean instead'
          bean: { id: l, beanType: java.lang.Runtime, method: exec } | 'routes may not call `java.lang.Runtime`: call a bean instead'
          bean: { id: l, ref: "#class:java.lang.ProcessBuilder", method: start } | 'routes may not call `java.lang.ProcessBuilder`: call a bean instead'
          to: { id: l, uri: "bean:#class:java.lang.ProcessBuilder?method=start" } | 'routes may not call `java.lang.ProcessBuilder`: call a bean instead'
          script: { id: l, simple: "${bean:type:java.lang.System?method=gc}" } | 'routes may not call `java.lang.System`: call a bean instead'
          bean: { id: l, beanType: io.outpost.tenants.TenantView, method: off } | 'the class `io.outpost.tenants.TenantView` has no method `off`; did you mean `of`?'
          bean: { id: l, method: read } | '`bean` needs `ref`'
          setBody: { id: l, simple: "${body.getClass.forName('java.lang.Runtime')}" } | '`getClass` reaches beyond the message: call a bean instead'
          setBody: { id: l, simple: "${camelContext.stop}" } | '`camelContext` reaches beyond the message: call a bean instead'
          setBody: { id: l, simple: "${exchange.context.stop}" } | '`exchange.context` reaches beyond the message: call a bean instead'
          setBody: { id: l, simple: "${exchange.getContext.stop}" } | '`getContext` reaches beyond the message: call a bean instead'
          setBody: { id: l, simple: "$simple{camelContext.stop}" } | '`camelContext` reaches beyond the message: call a bean instead'
          setBody: { id: l, simple: "$simple{bean:type:java.lang.System?method=gc}" } | 'routes may not call `java.lang.System`: call a bean instead'
          setBody: { id: l, simple: "$simple{env:TEAM_CHAT}" } | '`TEAM_CHAT` is read as a setting: {{team.chat}}'
          setBody: { id: l, simple: "${body[${header.k}].getClass}" } | '`getClass` reaches beyond the message: call a bean instead'
          setBody: { id: l, simple: "resource:file:/etc/passwd" } | '`resource:` reads a file: write its content here'
          setBody: { id: l, simple: "${env.TEAM_CHAT}" } | '`TEAM_CHAT` is read as a setting: {{team.chat}}'
          log: { id: l, message: "{{outpost.stripe.secret-key}}" } | '`outpost.stripe.secret-key` is a secret of Outpost itself; routes may not use it'
          log: { id: l, message: "{{env:AWS_SECRET_ACCESS_KEY:none}}" } | '`AWS_SECRET_ACCESS_KEY` is a secret of Outpost itself; routes may not use it'
          setBody: { id: l, simple: "${properties:OUTPOST_BOOTSTRAP_ADMIN_KEY:none}" } | '`OUTPOST_BOOTSTRAP_ADMIN_KEY` is a secret of Outpost itself; routes may not use it'
          log: { id: l, message: "{{enw:TEAM_CHAT}}" } | 'there is no look-up `enw:`; did you mean `env`?'
          log: { id: l, message: "{{service:chat}}" } | '`service:` is not supported: use a setting'
          to: { id: l, uri: "controlbus:route?routeId=submit-job&action=stop" } | '`controlbus` may stop routes that should run'
          to: { id: l, uri: "xslt:file:/etc/passwd" } | '`xslt` reads a file: call a bean instead'
          to: { id: l, uri: "{{x:xslt:style.xsl}}" } | '`xslt` reads a file: call a bean instead'
          toD: { id: l, uri: "validator:${header.x}" } | '`validator` reads a file: call a bean instead'
          enrich: { id: l, constant: "rest-openapi:file:/etc/passwd#x" } | '`rest-openapi` reads a file: call a bean instead'
          to: { id: l, uri: "aws2-sns:x?policy=file:/etc/passwd" } | 'the option `policy` of `aws2-sns` reads a file: leave it out'
          to: { id: l, uri: "velocity:file:/etc/passwd" } | 'the component `velocity` is not in this installation'
          setBody: { id: l, simple: " resource:file:/etc/passwd" } | '`resource:` reads a file: write its content here'
          setBody: { id: l, constant: "{{x:resource:file:/etc/passwd}}" } | '`resource:` reads a file: write its content here'
          delay: { id: l, constant: soon } | '`delay` wants a whole number, not `soon`'
          to: { id: l, uri: "timer:" } | '`timer:` names nothing behind the colon'
          pollEnrich: { id: l, expression: { constant: { expression: "sida:x" } } } | 'there is no component `sida`; did you mean `seda`?'
          pollEnrich: { id: l, constant: "platform-http:/hook" } | '`platform-http` takes requests without a key: add an operation to the contract and start the route at direct:<operationId>'
          poll: { id: l, uri: "aws2-sqs:outpost-stripe-{{outpost.env}}" } | 'the queue stripe starts the route `take-stripe-message` (api/billing-queue.camel.yaml:7): fetch nothing from it'
          to: { id: l, uri: "seda:nobody" } | 'no route starts at seda:nobody'
          toD: { id: l, uri: "${header.x}" } | '`${header.x}` lets the message choose the component: begin the address with one, such as `https://`'
          toD: { id: l, uri: "lang${header.x}:simple:x" } | '`lang${header.x}` lets the message choose the component: begin the address with one, such as `https://`'
          toD: { id: l, uri: "{{x:${body}}}" } | '`{{x:${body` lets the message choose the component: begin the address with one, such as `https://`'
          wireTap: { id: l, uri: "$simple{body}" } | '`$simple{body}` lets the message choose the component: begin the address with one, such as `https://`'
          poll: { id: l, uri: "${body}" } | '`${body}` lets the message choose the component: begin the address with one, such as `https://`'
          enrich: { id: l, simple: "${body}" } | '`${body}` lets the message choose the component: begin the address with one, such as `https://`'
          pollEnrich: { id: l, expression: { simple: { expression: "${body}" } } } | '`${body}` lets the message choose the component: begin the address with one, such as `https://`'
          enrich: { id: l, header: x } | '`header` lets the message choose the component: begin the address with one, such as `https://`'
          recipientList: { id: l, expression: { variable: { expression: x } } } | '`variable` lets the message choose the component: begin the address with one, such as `https://`'
          routingSlip: { id: l, language: { language: header, expression: x } } | '`language` lets the message choose the component: begin the address with one, such as `https://`'
          recipientList: { id: l, simple: "direct:${body}" } | 'a comma in the message would be another address: use `toD`, or constant addresses in a `choice`'
          recipientList: { id: l, simple: "log:x, language:simple:x" } | '`language` runs code from text: call a bean instead'
          enrich: { id: l, simple: "xslt:${body}" } | '`xslt` reads a file: call a bean instead'
          pollEnrich: { id: l, simple: "platform-http:/hook" } | '`platform-http` takes requests without a key: add an operation to the contract and start the route at direct:<operationId>'
          toD: { id: l, uri: "bean:${body}" } | 'the message could name any bean or method: write both out, one step for each'
          toD: { id: l, uri: "bean:jobReader", parameters: { method: "${body}" } } | 'the message could name any bean or method: write both out, one step for each'
          to: { id: l, uri: "https://example.com/${body}?x=y" } | '`https://example.com/${body}` is not filled in here: use `toD`, or a setting as in {{team.address}}'
          wireTap: { id: l, uri: "direct:${body}", dynamicUri: false } | '`direct:${body}` is not filled in here: use `toD`, or a setting as in {{team.address}}'
          setBody: { id: l, simple: "${exchange.fromEndpoint.getComponent.close}" } | '`fromEndpoint` reaches beyond the message: call a bean instead'
          setBody: { id: l, simple: "${exchange.getUnitOfWork.done}" } | '`UnitOfWork` reaches beyond the message: call a bean instead'
          setBody: { id: l, simple: "${ref:environment}" } | 'there is no bean `environment`'
          setBody: { id: l, simple: "$simple{bean:environment}" } | 'there is no bean `environment`'
          setBody: { id: l, ref: environment } | 'there is no bean `environment`'
          policy: { id: l, ref: somePolicy, steps: [{ log: x }] } | 'there is no bean `somePolicy`'
          to: { id: l, uri: bean, parameters: { beanName: camelContext, method: stop } } | 'there is no bean `camelContext`'
          log: { id: l, message: "{{outpost.stripe.{{x:secret-key}}}}" } | '`{{outpost.stripe.{{x:secret-key` puts a setting's name together: write it out'
          setBody: { id: l, simple: "${properties:outpost.${body}:none}" } | '`${properties:outpost.${body` puts a setting's name together: write it out'
          to: { id: l, uri: "bean:jobReader?method=read&beanName=camelContext" } | 'the option `beanName` would replace the address `bean:jobReader`: write it into the address'
          to: { id: l, uri: "direct:queue-job", parameters: { name: submitJob } } | 'the option `name` would replace the address `direct:queue-job`: write it into the address'
          """;

  /**
   * Each step is in a file of its own; all files are in one folder, because a check takes almost a
   * second.
   */
  @Test
  void aStepThatWouldDoHarmIsNamed() throws IOException {
    var findings = new ArrayList<String>();
    for (var row : HARMFUL_STEPS.lines().toList()) {
      var parts = row.split(" \\| '");
      var name = "harm-%02d".formatted(findings.size());
      write(
          "api/%s.camel.yaml".formatted(name),
          HEAD.replace("my-route", name)
              + "        - %s\n".formatted(parts[0].replaceFirst("id: l\\b", "id: in-" + name)));
      findings.add(
          "api/%1$s.camel.yaml:7: %1$s/in-%1$s: %2$s"
              .formatted(name, parts[1].substring(0, parts[1].length() - 1)));
    }
    assertThat(check().out().lines()).containsExactlyElementsOf(findings);
  }

  /** Only Camel's model shows an address with a template's parameters filled in. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          to: { id: go, uri: "{{a}}" } | language:simple:x | '`language` runs code from text: call a bean instead'
          toD: { id: go, uri: "{{a}}" } | xslt:style.xsl | '`xslt` reads a file: call a bean instead'
          toD: { id: go, uri: "{{a}}" } | ${body} | '`${body}` lets the message choose the component: begin the address with one, such as `https://`'
          """)
  void anAddressThatATemplateIsGivenIsChecked(String step, String value, String finding)
      throws IOException {
    write(
        "api/x.camel.yaml",
        """
        - routeTemplate:
            id: my-template
            parameters: [{ name: a }]
            from:
              uri: direct:my-template
              steps:
                - %s
        - templatedRoute:
            routeTemplateRef: my-template
            routeId: made
            parameters: [{ name: a, value: "%s" }]
        """
            .formatted(step, value));
    assertThat(check().out().lines())
        .singleElement()
        .asString()
        .startsWith("api/x.camel.yaml:")
        .endsWith(": made/go: " + finding.replaceAll("^'|'$", ""));
  }

  @ParameterizedTest
  @ValueSource(strings = {"type", "type: io.outpost.job.Job\n      builderClass"})
  void aBeanThatIsRefusedIsNotMadeByTheCheck(String field) throws IOException {
    var made = folder.resolve("made");
    write(
        "api/x.camel.yaml",
        "- beans:\n    - name: mine\n      %s: java.io.FileOutputStream\n      constructors: { 0: '%s' }\n"
            .formatted(field, made));
    assertThat(check().out())
        .contains("routes may not call `java.io.FileOutputStream`: call a bean instead");
    assertThat(made).doesNotExist();
  }

  /** The message completes the address, but cannot choose the component. */
  @Test
  void anAddressThatAMessageCompletesIsAllowed() throws IOException {
    var steps =
        List.of(
            "toD: { id: l, uri: 'https://example.com/${header.x}?httpMethod=${header.y}' }",
            "toD: { id: l, uri: '{{x:https://example.com}}/${header.x}' }",
            "toD: { id: l, uri: 'aws2-s3:{{outpost.buckets.output}}?keyName=${body}' }",
            "to: { id: l, uri: 'micrometer:counter:mine.${header.x}?tags=a=${header.y}' }",
            "to: { id: l, uri: 'file:{{x:folder}}?fileName=${header.x}' }",
            "to: { id: l, uri: direct, parameters: { name: queue-job } }",
            "enrich: { id: l, simple: 'https://example.com/${header.x}' }",
            "recipientList: { id: l, simple: 'direct:queue-job,{{x:log:x}}' }",
            "dynamicRouter: { id: l, method: { ref: jobReader, method: read } }");
    for (int at = 0; at < steps.size(); at++) {
      write(
          "api/x%d.camel.yaml".formatted(at),
          HEAD.replace("my-route", "route-" + at)
              + "        - %s\n".formatted(steps.get(at).replaceFirst("id: l\\b", "id: in-" + at)));
    }
    assertThat(check().out()).isEmpty();
  }

  /**
   * Also components that are not installed, because an installation may add them. Others take their
   * text from a route.
   */
  @Test
  void whetherAComponentReadsAFileIsKnownFromCamelsCatalogue() {
    var language = new RouteLanguage();
    assertThat(language.components().stream().filter(language::readsFile))
        .contains(
            "xslt",
            "xslt-saxon",
            "validator",
            "velocity",
            "freemarker",
            "mustache",
            "jsonata",
            "json-validator",
            "xquery",
            "string-template",
            "rest-openapi")
        .doesNotContain("direct", "http", "https", "aws2-sqs", "aws2-s3", "log", "micrometer");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {{x:platform-http:/hook}} | log: x | '`platform-http` takes requests without a key: add an operation to the contract and start the route at direct:<operationId>'
          direct:queue-{{x:job}} | log: x | 'direct:queue-job starts the route `queue-job` already (common/jobs.camel.yaml:58)'
          aws2-sqs:outpost-stripe-{{outpost.env}} | log: x | 'the queue stripe starts the route `take-stripe-message` already (api/billing-queue.camel.yaml:7)'
          aws2-sqs:outpost-jobs-high-{{outpost.env}} | log: x | 'the queue jobs-high starts the route `run-jobs` already (worker/jobs.camel.yaml:7)'
          jobs:{{x:high=9}} | log: x | 'the queue jobs-high starts the route `run-jobs` already (worker/jobs.camel.yaml:7)'
          jobs:{{x:urgent=9}} | log: x | 'the lane `urgent` has no queue `jobs-urgent`: declare it in queues.json'
          direct:mine | recipientList: { id: l, constant: direct:mine } | 'calls itself: my-route -> my-route'
          seda:mine | to: { id: l, uri: seda:mine } | 'calls itself: my-route -> my-route'
          direct:mine | circuitBreaker: { id: l, steps: [{ log: x }], onFallback: { steps: [{ to: direct:mine }] } } | 'calls itself: my-route -> my-route'
          """)
  void aStartThatWouldDoHarmIsNamed(String start, String step, String finding) throws IOException {
    write(
        "common/x.camel.yaml",
        HEAD.replace("direct:my-route", "\"" + start + "\"") + "        - " + step + "\n");
    assertThat(check().out().lines())
        .containsExactly("common/x.camel.yaml:5: my-route: " + finding.replaceAll("^'|'$", ""));
  }

  /** A configuration for every flow may observe it, but not change its course. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          onException: [{ onException: { exception: [java.lang.Exception], handled: { constant: "true" }, steps: [{ log: x }] } }] | '`onException` would handle failures in every flow'
          errorHandler: { deadLetterChannel: { deadLetterUri: "log:x" } } | '`errorHandler` would handle failures in every flow'
          onCompletion: [{ onCompletion: { mode: BeforeConsumer, steps: [{ log: x }] } }] | '`BeforeConsumer` would change answers in every flow'
          interceptFrom: [] | 'does nothing: add `interceptFrom`, or remove it'
          """)
  void aConfigurationThatWouldTakeOverEveryFlowIsNamed(String part, String finding)
      throws IOException {
    write("worker/x.camel.yaml", "- routeConfiguration:\n    id: every-x\n    " + part + "\n");
    var fault = finding.replaceAll("^'|'$", "");
    var remedy =
        ": give the configuration an id that does not begin with every- and name it in the routeConfigurationId of your routes";
    assertThat(check().out().lines())
        .containsExactly(
            "worker/x.camel.yaml:1: every-x: " + fault + (fault.startsWith("does") ? "" : remedy));
    write(
        "worker/x.camel.yaml",
        "- routeConfiguration:\n    id: mine\n    "
            + part
            + "\n"
            + HEAD.replace("    description", "    routeConfigurationId: mine\n    description")
            + "        - log: { id: l, message: x }\n");
    assertThat(check().out().lines()).hasSize(fault.startsWith("does") ? 1 : 0);
  }

  /**
   * Camel applies such an interception to all routes, not only to those of its configuration or
   * file.
   */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          skipSendToOriginalEndpoint: "true" | '`skipSendToOriginalEndpoint` would leave out a call'
          skipSendToOriginalEndpoint: "{{x:false}}" | '`skipSendToOriginalEndpoint` would leave out a call'
          afterUri: "log:x" | '`afterUri` would be part of the call'
          """)
  void anInterceptionThatWouldTakeOverACallOfEveryFlowIsNamed(String option, String finding)
      throws IOException {
    var interception =
        "interceptSendToEndpoint: { id: s, uri: 'direct:record-transition', %s, steps: [{ log: x }] }"
            .formatted(option);
    var route = HEAD + "        - log: { id: l, message: x }\n";
    for (var id : List.of("every-x", "mine")) {
      write(
          "worker/x.camel.yaml",
          "- routeConfiguration:\n    id: %s\n    interceptSendToEndpoint: [{ %s }]\n"
                  .formatted(id, interception)
              + (id.equals("mine")
                  ? route.replace(
                      "    description", "    routeConfigurationId: mine\n    description")
                  : route));
      assertThat(check().out().lines())
          .containsExactly(
              "worker/x.camel.yaml:1: "
                  + id
                  + ": "
                  + finding.replaceAll("^'|'$", "")
                  + " in every flow, whichever routes name the configuration: leave it out, or replace the file that has the call");
    }
    write("worker/x.camel.yaml", "- " + interception + "\n" + route);
    assertThat(check().out().lines())
        .containsExactly(
            "worker/x.camel.yaml:1: s: `interceptSendToEndpoint` here would be part of the calls of every flow: put it into a routeConfiguration, where it gets a copy");
  }

  @Test
  void anInterceptionOfWhatNobodyCallsIsNamed() throws IOException {
    write(
        "worker/x.camel.yaml",
        "- routeConfiguration:\n    id: every-x\n    interceptSendToEndpoint:\n      - interceptSendToEndpoint: { id: s, uri: 'direct:queue-jop', steps: [{ log: x }] }\n");
    assertThat(check().out())
        .contains(
            "every-x/s: intercepts nothing: no route starts at direct:queue-jop; did you mean `direct:queue-job`?");
    write(
        "worker/x.camel.yaml",
        "- routeConfiguration:\n    id: every-x\n    interceptSendToEndpoint:\n      - interceptSendToEndpoint: { id: s, uri: 'direct:queue-*', steps: [{ log: x }] }\n");
    assertThat(check().out()).isEmpty();
  }

  /** A replaced file must keep the parts that other files rely on. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          api/contract.camel.yaml | the contract is not served: a `rest` with `openApi` must stand here
          api/errors.camel.yaml   | no failure is answered: a configuration whose id begins with every- must call problemAnswer.fail for java.lang.Exception
          """)
  void whatReplacesOursDoesWhatOursDid(String file, String finding) throws IOException {
    write(file, HEAD + "        - log: { id: l, message: x }\n");
    assertThat(check().out().lines()).containsExactly(file + ":1: " + finding);
  }

  /** Our configurations have fixed ids, because Kaoto generates missing ones. */
  @ParameterizedTest
  @MethodSource("resaved")
  void admissionThatLostItsConfigurationIsRefused(String from, String to, String finding)
      throws IOException {
    var ours = "api/admission.camel.yaml";
    write(ours, ours(ours).replace(from, to));
    assertThat(check().out()).contains(finding);
  }

  static Stream<Arguments> resaved() {
    return Stream.of(
        Arguments.of(
            "id: every-operation-is-admitted",
            "id: routeConfiguration-3210",
            "the operation `submitJob` does not pass admission: a configuration whose id begins with every- must intercept direct:submitJob and call direct:admit-request"),
        Arguments.of(
            "direct:({{contract.operations}})",
            "direct:get.*",
            "the operation `listTenants` does not pass admission"),
        Arguments.of(
            "- to: { id: admit, uri: direct:admit-request }",
            "- log: { id: admit, message: x }",
            "the operation `listTenants` does not pass admission"),
        Arguments.of(
            "        - bean: { id: validate, ref: admission, method: validate }\n",
            "",
            "lacks the step admission.validate, or has it disabled or in another place"),
        Arguments.of(
            "- bean: { id: check-standing,",
            "- bean: { disabled: true, id: check-standing,",
            "lacks the step authentication.checkStanding, or has it disabled or in another place"),
        Arguments.of(
            "        - choice:\n            id: if-key-needed\n",
            "        - choice:\n            id: if-key-needed\n            disabled: \"true\"\n",
            "lacks the step authentication.authenticate, or has it disabled or in another place"),
        Arguments.of(
            "- to: { id: admit, uri: direct:admit-request }",
            "- to: { id: admit, uri: direct:admit-request, disabled: '{{outpost.routes-reload}}' }",
            "the operation `listTenants` does not pass admission"),
        Arguments.of(
            "          id: admit-every-operation\n",
            "          id: admit-every-operation\n          disabled: true\n",
            "the operation `listTenants` does not pass admission"));
  }

  /** Editors can disable a step instead of removing it. */
  @ParameterizedTest
  @MethodSource("incomplete")
  void aRouteWithoutARequiredStepIsRefused(String file, String from, String to, String finding)
      throws IOException {
    assertThat(ours(file)).contains(from);
    write(file, ours(file).replace(from, to));
    assertThat(check().out().lines().map(line -> line.replaceFirst(":\\d+", "")))
        .containsExactly(file + ": " + finding);
  }

  static Stream<Arguments> incomplete() {
    var jobs = "api/jobs.camel.yaml";
    var lacks = "lacks the step %s, or has it disabled or in another place";
    return Stream.of(
        Arguments.of(
            jobs,
            "        - bean: { id: keep-job, ref: submission, method: put }\n",
            "",
            "prepare-job: " + lacks.formatted("submission.put")),
        Arguments.of(
            jobs,
            "        - to: { id: commit-job, uri: direct:commit-change }\n",
            "",
            "accept-job: " + lacks.formatted("commit.commit")),
        Arguments.of(
            jobs,
            "        - to: { id: commit-job, uri: direct:commit-change }\n",
            "        - doTry: { id: t, steps: [{ log: x }], doCatch: [{ exception: [java.lang.Exception], steps: [{ to: { uri: direct:commit-change } }] }] }\n",
            "accept-job: " + lacks.formatted("commit.commit")),
        Arguments.of(
            jobs,
            "        - to: { id: prepare-new-job, uri: direct:prepare-job }\n",
            "        - stop: { id: s }\n        - to: { id: prepare-new-job, uri: direct:prepare-job }\n",
            "accept-job: " + lacks.formatted("submission.put")),
        Arguments.of(
            "api/billing.camel.yaml",
            "- bean: { id: verify-signature,",
            "- bean: { disabled: true, id: verify-signature,",
            "receive-stripe-event: " + lacks.formatted("webhook.read")),
        Arguments.of(
            "worker/jobs.camel.yaml",
            "- bean: { id: write-end,",
            "- bean: { disabled: true, id: write-end,",
            "finish-job: " + lacks.formatted("leases.finish")),
        Arguments.of(
            "common/audit.camel.yaml",
            "        - wireTap:\n            id: tap-audit\n",
            "        - wireTap:\n            id: tap-audit\n            disabled: true\n",
            "record-audit: " + lacks.formatted("direct:collect-audit")));
  }

  @Test
  void everyOperationThatWritesHasRequiredSteps() throws IOException {
    try (var text = RouteMistakesTest.class.getResourceAsStream("/openapi/outpost.yaml")) {
      var writing =
          new YAMLMapper()
              .readTree(text).get("paths").properties().stream()
                  .flatMap(path -> path.getValue().properties().stream())
                  .filter(it -> Set.of("post", "put", "patch", "delete").contains(it.getKey()))
                  .map(it -> it.getValue().get("operationId").asText())
                  .toList();
      assertThat(writing).hasSizeGreaterThan(25);
      assertThat(Vocabulary.ours().required()).containsKeys(writing.toArray(String[]::new));
    }
  }

  /** The mistake is one for the API, although the folder has only routes of the worker. */
  @Test
  void anOperationIsMissedBesideRoutesOfAnotherRole() throws IOException {
    write("worker/x.camel.yaml", HEAD + "        - log: x\n");
    assertThat(check()).isEqualTo(new Said(0, ""));
    write(
        "contract.yaml",
        """
        paths:
          /greeting:
            get:
              operationId: readGreeting
              summary: A greeting
              responses:
                "200": { description: The greeting }
        """);
    var said = check();
    assertThat(said.code()).isEqualTo(1);
    assertThat(said.out())
        .contains("the operation `readGreeting` has no route: start one at direct:readGreeting");
  }

  @Test
  void whatCannotBeUnderstoodEndsWithTwo() {
    assertThat(run().code()).isEqualTo(2);
    assertThat(run("chek").code()).isEqualTo(2);
    assertThat(run("check", folder.resolve("nowhere").toString()).code()).isEqualTo(2);
  }

  private record Said(int code, String out) {}

  private Said check() {
    return run("check", folder.toString());
  }

  private static Said run(String... arguments) {
    var out = new ByteArrayOutputStream();
    var stream = new PrintStream(out, true, StandardCharsets.UTF_8);
    var code = new RoutesCommand(stream, System.err).execute(List.of(arguments));
    return new Said(code, out.toString(StandardCharsets.UTF_8));
  }

  private void write(String file, String text) throws IOException {
    var path = folder.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
  }

  private static String ours(String file) throws IOException {
    try (var text = RouteMistakesTest.class.getResourceAsStream("/routes/" + file)) {
      return new String(text.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
