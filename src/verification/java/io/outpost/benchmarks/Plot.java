package io.outpost.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;

/**
 * Draws SVG pictures for the README, readable on light and dark pages. The system property
 * {@code plots} names their folder; without it nothing is drawn.
 */
final class Plot {

  private static final int WIDTH = 720;
  private static final int LEFT = 230;
  private static final int RIGHT = 90;
  private static final int TOP = 48;
  private static final int ROW = 26;
  private static final int HEIGHT = 320;
  private static final int MARGIN = 70;
  private static final int STEPS = 200;
  private static final int INSIDE = WIDTH - LEFT - RIGHT;
  private static final String[] COLOURS = {"#2f81f7", "#db6d28", "#3fb950", "#a371f7"};

  private final StringBuilder svg = new StringBuilder();

  private Plot(String title, int height) {
    add(
        """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" aria-label="%s">
        <style>
        text { font: 13px sans-serif; fill: #1f2328 } .title { font-weight: bold }
        line, polyline { stroke: #818b98; fill: none }
        @media (prefers-color-scheme: dark) { text { fill: #f0f6fc } }
        </style>
        """,
        WIDTH, height, title);
    text(10, 22, "start", title, "title");
  }

  /** Where a bar begins and where it ends. */
  record Bar(double from, double to) {}

  /**
   * Draws a row with a bar for each entry: bars from 0 compare amounts, consecutive bars show
   * a sequence.
   */
  static void bars(String file, String title, String unit, Map<String, Bar> bars) {
    var most = bars.values().stream().mapToDouble(Bar::to).max().orElseThrow();
    var plot = new Plot(title, TOP + ROW * bars.size() + 10);
    int row = 0;
    for (var bar : bars.entrySet()) {
      var from = LEFT + INSIDE * bar.getValue().from() / most;
      var to = LEFT + INSIDE * bar.getValue().to() / most;
      var y = TOP + ROW * row;
      plot.text(LEFT - 8, y + 13, "end", bar.getKey(), "");
      plot.add(
          "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"16\" fill=\"%s\"/>%n",
          from, y, Math.max(1, to - from), COLOURS[0]);
      var length = bar.getValue().to() - bar.getValue().from();
      plot.text(to + 6, y + 13, "start", "%.1f %s".formatted(length, unit), "");
      row++;
    }
    plot.write(file);
  }

  /**
   * Which part of all took at most how long; the longest hundredth is left out.
   *
   * @param sorted nanoseconds, ascending
   */
  static void shares(String file, String title, Map<String, long[]> sorted) {
    var most = sorted.values().stream().mapToLong(all -> all[all.length * 99 / 100]).max();
    var end = most.orElseThrow() / 1e6;
    var plot = new Plot(title, HEIGHT);
    var bottom = HEIGHT - MARGIN;
    plot.add("<line x1=\"%1$d\" y1=\"%2$d\" x2=\"%3$d\" y2=\"%2$d\"/>%n", MARGIN, bottom, WIDTH - RIGHT);
    plot.add("<line x1=\"%1$d\" y1=\"%2$d\" x2=\"%1$d\" y2=\"%3$d\"/>%n", MARGIN, TOP, bottom);
    for (var share : new double[] {0.25, 0.5, 0.75, 0.99}) {
      plot.text(MARGIN - 8, y(share) + 4, "end", "%.0f %%".formatted(share * 100), "");
    }
    for (int i = 0; i <= 4; i++) {
      plot.text(x(i / 4.0), bottom + 20, "middle", "%.0f ms".formatted(end * i / 4), "");
    }
    int line = 0;
    for (var one : sorted.entrySet()) {
      var points = new StringBuilder();
      for (int i = 0; i <= STEPS; i++) {
        var share = 0.99 * i / STEPS;
        var millis = one.getValue()[(int) (share * one.getValue().length)] / 1e6;
        points.append(String.format(Locale.ROOT, "%.1f,%.1f ", x(millis / end), y(share)));
      }
      var colour = COLOURS[line % COLOURS.length];
      plot.add("<polyline style=\"stroke:%s;stroke-width:2\" points=\"%s\"/>%n", colour, points);
      plot.add("<rect x=\"%d\" y=\"%d\" width=\"16\" height=\"4\" fill=\"%s\"/>%n", MARGIN + 130 * line, HEIGHT - 22, colour);
      plot.text(MARGIN + 130 * line + 22, HEIGHT - 16, "start", one.getKey(), "");
      line++;
    }
    plot.write(file);
  }

  private static double x(double part) {
    return MARGIN + (WIDTH - RIGHT - MARGIN) * Math.min(1, part);
  }

  private static double y(double share) {
    return HEIGHT - MARGIN - (HEIGHT - MARGIN - TOP) * share;
  }

  private void text(double x, double y, String anchor, String text, String kind) {
    add(
        "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" class=\"%s\">%s</text>%n",
        x, y, anchor, kind, text);
  }

  private void add(String format, Object... values) {
    svg.append(String.format(Locale.ROOT, format, values));
  }

  private void write(String file) {
    var folder = System.getProperty("plots", "");
    if (!folder.isBlank()) {
      try {
        Files.writeString(
            Files.createDirectories(Path.of(folder)).resolve(file + ".svg"), svg + "</svg>\n");
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
