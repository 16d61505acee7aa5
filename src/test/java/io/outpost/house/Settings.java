package io.outpost.house;

import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.comments.CommentLine;
import org.yaml.snakeyaml.comments.CommentType;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;

/**
 * The settings that application.yaml declares.
 *
 * @param declared all of them, as dotted names
 * @param explained those with a comment above or behind
 */
record Settings(Set<String> declared, Set<String> explained) {

  static Settings read() throws IOException {
    var options = new LoaderOptions();
    options.setProcessComments(true);
    try (var file = Settings.class.getResourceAsStream("/application.yaml");
        var reader = new InputStreamReader(file, StandardCharsets.UTF_8)) {
      var settings = new Settings(new TreeSet<>(), new TreeSet<>());
      settings.collect("", new Yaml(options).compose(reader));
      return settings;
    }
  }

  private void collect(String prefix, Node node) {
    if (node instanceof MappingNode mapping) {
      for (var field : mapping.getValue()) {
        var name = prefix + ((ScalarNode) field.getKeyNode()).getValue();
        if (field.getValueNode() instanceof ScalarNode) {
          declared.add(name);
          if (isExplained(field)) {
            explained.add(name);
          }
        }
        collect(name + ".", field.getValueNode());
      }
    }
  }

  private static boolean isExplained(NodeTuple field) {
    return hasText(field.getKeyNode().getBlockComments())
        || hasText(field.getValueNode().getInLineComments());
  }

  private static boolean hasText(List<CommentLine> comments) {
    return comments != null
        && comments.stream().anyMatch(line -> line.getCommentType() != CommentType.BLANK_LINE);
  }
}
