package io.outpost.local;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * CreateTopic, ListTopics and Publish of SNS (AWS Query protocol). Remembers what was published.
 */
final class SnsEmulator implements EmbeddedService {

  private static final Pattern TOPIC_NAME = Pattern.compile("[A-Za-z0-9_-]{1,256}");
  private static final String NAMESPACE = "http://sns.amazonaws.com/doc/2010-03-31/";

  private final Set<String> topics = new ConcurrentSkipListSet<>();
  private final List<Notice> published = new CopyOnWriteArrayList<>();
  private final String arnPrefix;
  private final LoopbackServer server;

  private SnsEmulator(String region) throws IOException {
    this.arnPrefix = "arn:aws:sns:" + region + ":000000000000:";
    this.server = LoopbackServer.start(this::answer);
  }

  static SnsEmulator start(String region) throws IOException {
    return new SnsEmulator(region);
  }

  /** Everything published so far, oldest first. */
  List<Notice> published() {
    return List.copyOf(published);
  }

  @Override
  public URI endpoint() {
    return server.endpoint();
  }

  @Override
  public void close() {
    server.close();
  }

  private LoopbackServer.Answer answer(HttpExchange exchange) {
    try {
      Map<String, String> form = form(LoopbackServer.body(exchange));
      String action = form.getOrDefault("Action", "");
      String result =
          switch (action) {
            case "CreateTopic" -> createTopic(form);
            case "ListTopics" -> listTopics();
            case "Publish" -> publish(form);
            default -> throw new AwsError(400, "InvalidAction", "This action is not emulated.");
          };
      return xml(200, action + "Response", element(action + "Result", result));
    } catch (AwsError e) {
      String error = element("Code", e.code()) + element("Message", e.getMessage());
      return xml(e.status(), "ErrorResponse", element("Error", error));
    }
  }

  private String createTopic(Map<String, String> form) {
    String name = form.getOrDefault("Name", "");
    if (!TOPIC_NAME.matcher(name).matches()) {
      throw new AwsError(400, "InvalidParameter", "Invalid parameter: Topic Name");
    }
    topics.add(arnPrefix + name);
    return element("TopicArn", arnPrefix + name);
  }

  private String listTopics() {
    return element(
        "Topics",
        topics.stream()
            .map(arn -> element("member", element("TopicArn", arn)))
            .collect(Collectors.joining()));
  }

  private String publish(Map<String, String> form) {
    String topic = form.getOrDefault("TopicArn", "");
    String message = form.getOrDefault("Message", "");
    if (!topics.contains(topic)) {
      throw new AwsError(404, "NotFound", "Topic does not exist");
    }
    if (message.isEmpty()) {
      throw new AwsError(400, "InvalidParameter", "Invalid parameter: Empty message");
    }
    published.add(new Notice(topic, Optional.ofNullable(form.get("Subject")), message));
    return element("MessageId", UUID.randomUUID().toString());
  }

  private static Map<String, String> form(String body) {
    return Arrays.stream(body.split("&"))
        .map(pair -> pair.split("=", 2))
        .collect(
            Collectors.toMap(
                pair -> decode(pair[0]),
                pair -> pair.length < 2 ? "" : decode(pair[1]),
                (first, last) -> last));
  }

  private static String decode(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }

  private static LoopbackServer.Answer xml(int status, String root, String content) {
    String body = "<%s xmlns=\"%s\">%s</%s>".formatted(root, NAMESPACE, content, root);
    return new LoopbackServer.Answer(status, "text/xml", body);
  }

  /**
   * An XML element. Its content needs no escaping, because the only text from requests is names
   * that were checked.
   */
  private static String element(String name, String content) {
    return "<" + name + ">" + content + "</" + name + ">";
  }
}
