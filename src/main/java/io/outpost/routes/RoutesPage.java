package io.outpost.routes;

import io.outpost.audit.RoutesVersion;
import io.outpost.routes.RouteMap.Place;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Locale;
import java.util.stream.Collectors;
import org.apache.camel.CamelContext;
import org.apache.camel.model.ModelCamelContext;
import org.springframework.stereotype.Component;
import org.springframework.web.util.HtmlUtils;

/**
 * The page about the running routes: the map, the traffic of each route and step, its YAML, and
 * where its file comes from. It runs no script and loads nothing. Thread-safe.
 */
@Component
class RoutesPage {

  private static final String STYLE =
      """
      body { margin: 1rem auto; max-width: 90rem; padding: 0 1rem; font: 15px/1.45 system-ui, sans-serif; color: #1c2430; background: #fff }
      h2 { margin: 2rem 0 .5rem; font-size: 1.1rem } figure { margin: 1rem 0; overflow-x: auto } svg { min-width: 60rem; width: 100%; height: auto }
      table { border-collapse: collapse; width: 100% } th, td { text-align: right; padding: .3rem .5rem; vertical-align: top; border-top: 1px solid #dfe4ec; font-variant-numeric: tabular-nums }
      th:first-child, td:first-child { text-align: left; width: 60% } th { font-weight: 600; color: #56637a; border: 0 }
      .about { color: #445 } .links { font-size: .85rem; color: #56637a; overflow-wrap: anywhere } .mark { font-size: .8rem; padding: .05rem .4rem; border-radius: .6rem; background: #e7edf6 }
      .yours { background: #ffe9c7 } .failed { color: #a4262c; font-weight: 600 } pre { overflow-x: auto; background: #f4f6fa; padding: .6rem; font-size: .8rem } a { color: #1f5fae }
      @media (max-width: 640px) { thead { display: none } table, tbody, tr, td { display: block } td { text-align: left; border: 0; padding: .1rem 0 } td:first-child { width: auto; border-top: 1px solid #dfe4ec; padding-top: .5rem }
        td[data-name] { display: inline-block; margin-right: .8rem; font-size: .85rem } td[data-name]::before { content: attr(data-name) " "; color: #56637a } }
      """;

  private final CamelContext camel;
  private final RouteFolder folder;
  private final RoutesReload reload;
  private final RoutesVersion version;
  private final TrafficBook traffic;

  RoutesPage(
      CamelContext camel,
      RouteFolder folder,
      RoutesReload reload,
      RoutesVersion version,
      TrafficBook traffic) {
    this.camel = camel;
    this.folder = folder;
    this.reload = reload;
    this.version = version;
    this.traffic = traffic;
  }

  /** The page's content security policy, which allows only its own style. */
  static String policy() {
    try {
      var hash =
          MessageDigest.getInstance("SHA-256").digest(STYLE.getBytes(StandardCharsets.UTF_8));
      return "default-src 'none'; style-src 'sha256-%s'; base-uri 'none'; form-action 'none'"
          .formatted(Base64.getEncoder().encodeToString(hash));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The page as HTML, with the current numbers. */
  String html() {
    var map = RouteMap.of(((ModelCamelContext) camel).getRouteDefinitions(), folder.known());
    var out = new StringBuilder();
    out.append(
        """
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
        <meta http-equiv="Content-Security-Policy" content="%s"><title>Routes</title><style>%s</style></head>
        <body><h1>Routes <code>%s</code></h1>
        <p>%d routes in %d files. Names lead to a route's numbers and YAML; counts are of this container since it started, times in milliseconds.</p>
        """
            .formatted(
                safe(policy()), STYLE, version.current(), map.routes().size(), map.files().size()));
    if (!reload.refused().isEmpty()) {
      out.append(
          "<h2 class=\"failed\">The last save cannot run; these routes stay in use</h2><pre>");
      reload.refused().forEach(finding -> out.append(safe(finding.toString())).append('\n'));
      out.append("</pre>");
    }
    out.append("<figure>").append(RouteMapPicture.svg(map, true)).append("</figure>\n");
    map.files().forEach(file -> section(out, map, file));
    return out.append("</body></html>\n").toString();
  }

  private void section(StringBuilder out, RouteMap map, String file) {
    var isYours = folder.isYours(file);
    out.append(
        """
        <h2>%s <span class="mark%s">%s</span></h2>
        <table><thead><tr><th>Route<th>Count<th>Failed<th>Mean<th>p99<th>Under way</tr></thead><tbody>
        """
            .formatted(safe(file), isYours ? " yours" : "", isYours ? "yours" : "ours"));
    map.routes().stream()
        .filter(route -> route.file().equals(file))
        .forEach(route -> row(out, route));
    out.append("</tbody></table>\n");
  }

  private void row(StringBuilder out, Place route) {
    out.append("<tr id=\"%s\"><td><b>%1$s</b> ".formatted(safe(route.id())));
    if (!route.start().isEmpty()) {
      out.append("<span class=\"mark\">%s</span>".formatted(safe(route.start())));
    }
    out.append("<div class=\"about\">%s</div>".formatted(safe(route.about())));
    out.append("<div class=\"links\">");
    if (!route.calls().isEmpty()) {
      out.append("calls ")
          .append(
              route.calls().stream()
                  .map(call -> "<a href=\"#%s\">%1$s</a>".formatted(safe(call)))
                  .collect(Collectors.joining(", ")))
          .append(route.ends().isEmpty() ? "" : "; ");
    }
    out.append(safe(String.join(", ", route.ends()))).append("</div>");
    out.append("<details><summary>Steps and YAML</summary><table><tbody>");
    route
        .steps()
        .forEach(
            (step, about) -> {
              out.append(
                  "<tr><td>%s <span class=\"about\">%s</span>".formatted(safe(step), safe(about)));
              numbers(out, traffic.of(route.id(), step));
            });
    out.append("</tbody></table><pre>")
        .append(safe(Secretless.text(folder.running().yaml(route.file(), route.id()))))
        .append("</pre></details>");
    numbers(out, traffic.of(route.id()));
  }

  private static void numbers(StringBuilder out, Traffic seen) {
    out.append(
        "<td data-name=\"count\">%d<td data-name=\"failed\"%s>%d<td data-name=\"mean\">%s<td data-name=\"p99\">%s<td data-name=\"under way\">%d</tr>\n"
            .formatted(
                seen.count(),
                seen.failures() > 0 ? " class=\"failed\"" : "",
                seen.failures(),
                millis(seen.mean()),
                millis(seen.p99()),
                seen.underway()));
  }

  private static String millis(double time) {
    return String.format(Locale.ROOT, time < 10 ? "%.2f" : "%.0f", time);
  }

  private static String safe(String text) {
    return HtmlUtils.htmlEscape(text);
  }
}
