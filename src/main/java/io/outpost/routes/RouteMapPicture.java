package io.outpost.routes;

import io.outpost.routes.RouteMap.Place;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import org.springframework.web.util.HtmlUtils;

/**
 * Draws a map of routes as SVG: a column for each folder with a card for each file, external things
 * at the right, and a line for each call. The same map always gives the same text.
 */
final class RouteMapPicture {

  private static final List<String> FOLDERS = List.of("api", "common", "worker");
  private static final int WIDTH = 230;
  private static final int GAP = 120;
  private static final int ROW = 15;
  private static final int MARGIN = 20;
  private static final int TOP = 46;
  private static final String CALL = "#4a6fa5";
  private static final String TOUCH = "#b9770e";

  private final RouteMap map;
  private final boolean isLinked;
  private final Map<String, Row> rows = new LinkedHashMap<>();
  private final StringBuilder cards = new StringBuilder();
  private int bottom;

  private record Row(int column, int y) {
    int left() {
      return MARGIN + column * (WIDTH + GAP);
    }

    int right() {
      return left() + WIDTH;
    }
  }

  private RouteMapPicture(RouteMap map, boolean isLinked) {
    this.map = map;
    this.isLinked = isLinked;
  }

  /**
   * Draws the map.
   *
   * @param isLinked whether each route links to the anchor with its id
   */
  static String svg(RouteMap map, boolean isLinked) {
    return new RouteMapPicture(map, isLinked).draw();
  }

  private String draw() {
    for (var folder : FOLDERS) {
      var column = FOLDERS.indexOf(folder);
      var y = TOP;
      for (var file : map.files()) {
        if (file.startsWith(folder + "/")) {
          y = card(file, column, y) + 10;
        }
      }
      bottom = Math.max(bottom, y);
    }
    ends();
    var width = 2 * MARGIN + FOLDERS.size() * (WIDTH + GAP) + WIDTH;
    var out = new StringBuilder();
    out.append(
        """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="Helvetica, Arial, sans-serif" font-size="11" role="img" aria-labelledby="routes-title">
        <title id="routes-title">Which route calls which, and what each touches outside</title>
        <rect width="100%%" height="100%%" fill="#fff"/>
        """
            .formatted(width, bottom + MARGIN));
    for (var folder : FOLDERS) {
      head(out, FOLDERS.indexOf(folder), folder);
    }
    head(out, FOLDERS.size(), "outside");
    map.routes().forEach(route -> lines(out, route));
    return out.append(cards).append("</svg>\n").toString();
  }

  private static void head(StringBuilder out, int column, String text) {
    out.append(
        "<text x=\"%d\" y=\"30\" font-size=\"15\" font-weight=\"bold\" fill=\"#223\">%s</text>\n"
            .formatted(MARGIN + column * (WIDTH + GAP), text));
  }

  private int card(String file, int column, int top) {
    var here = map.routes().stream().filter(route -> route.file().equals(file)).toList();
    var height = (here.size() + 1) * ROW + 8;
    var left = MARGIN + column * (WIDTH + GAP);
    frame(left, top, height, file.substring(file.indexOf('/') + 1).replace(".camel.yaml", ""));
    var y = top + ROW + 16;
    for (var route : here) {
      rows.put(route.id(), new Row(column, y - 4));
      var text =
          "<text x=\"%d\" y=\"%d\" fill=\"#223\"%s>%s<title>%s</title></text>"
              .formatted(
                  left + 8,
                  y,
                  route.start().isEmpty() ? "" : " font-weight=\"bold\"",
                  safe(shortened(route.id())),
                  safe(
                      route.start().isEmpty()
                          ? route.about()
                          : route.about() + " (" + route.start() + ")"));
      cards.append(
          isLinked ? "<a href=\"#%s\">%s</a>\n".formatted(safe(route.id()), text) : text + "\n");
      y += ROW;
    }
    return top + height;
  }

  private void frame(int left, int top, int height, String title) {
    cards.append(
        "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"5\" fill=\"#f4f6fa\" stroke=\"#c3cad6\"/>\n"
            .formatted(left, top, WIDTH, height));
    cards.append(
        "<text x=\"%d\" y=\"%d\" fill=\"#56637a\">%s</text>\n"
            .formatted(left + 8, top + 14, safe(title)));
  }

  private void ends() {
    var column = FOLDERS.size();
    var y = TOP;
    for (var kind : kinds()) {
      var here = map.ends().stream().filter(end -> kindOf(end).equals(kind)).toList();
      frame(MARGIN + column * (WIDTH + GAP), y, (here.size() + 1) * ROW + 8, kind);
      var row = y + ROW + 16;
      for (var end : here) {
        rows.put("end " + end, new Row(column, row - 4));
        cards.append(
            "<text x=\"%d\" y=\"%d\" fill=\"#7a4a00\">%s</text>\n"
                .formatted(
                    MARGIN + column * (WIDTH + GAP) + 8,
                    row,
                    safe(
                        shortened(end.contains(" ") ? end.substring(end.indexOf(' ') + 1) : end))));
        row += ROW;
      }
      y += (here.size() + 1) * ROW + 18;
    }
    bottom = Math.max(bottom, y);
  }

  private Collection<String> kinds() {
    return new TreeSet<>(map.ends().stream().map(RouteMapPicture::kindOf).toList());
  }

  private static String kindOf(String end) {
    return end.contains(" ")
        ? end.substring(0, end.indexOf(' ')).toLowerCase(Locale.ROOT) + "s"
        : "others";
  }

  private void lines(StringBuilder out, Place route) {
    var from = rows.get(route.id());
    var to = new ArrayList<String>();
    if (from == null) {
      return;
    }
    route.calls().forEach(call -> to.add(call));
    route.ends().forEach(end -> to.add("end " + end));
    for (var target : to) {
      var row = rows.get(target);
      if (row != null) {
        out.append(
            "<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-opacity=\"%s\"/>\n"
                .formatted(
                    path(from, row),
                    target.startsWith("end ") ? TOUCH : CALL,
                    target.startsWith("end ") ? ".18" : ".55"));
      }
    }
  }

  /**
   * A line from the caller's right side to the callee's left side; within a column it goes around
   * the right side.
   */
  private static String path(Row from, Row to) {
    if (from.column() == to.column()) {
      var bend = from.right() + 12 + Math.min(40, Math.abs(from.y() - to.y()) / 12);
      return "M%d %d C%d %d %d %d %d %d"
          .formatted(from.right(), from.y(), bend, from.y(), bend, to.y(), to.right(), to.y());
    }
    var goesRight = from.column() < to.column();
    var x1 = goesRight ? from.right() : from.left();
    var x2 = goesRight ? to.left() : to.right();
    var middle = (x1 + x2) / 2;
    return "M%d %d C%d %d %d %d %d %d"
        .formatted(x1, from.y(), middle, from.y(), middle, to.y(), x2, to.y());
  }

  private static String shortened(String text) {
    return text.length() <= 36 ? text : text.substring(0, 35) + "…";
  }

  private static String safe(String text) {
    return HtmlUtils.htmlEscape(text);
  }
}
