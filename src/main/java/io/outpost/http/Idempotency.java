package io.outpost.http;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.outpost.aws.Names;
import io.outpost.kernel.Ids;
import io.outpost.kernel.Problem;
import io.outpost.store.Change;
import io.outpost.store.Items;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.Put;

/**
 * Stores the answer of a request with an Idempotency-Key in the transaction of its effect. The
 * answer may contain a new API key, so it is encrypted with a key derived from the client's
 * Idempotency-Key, of which the table has only a hash. The stored answer is valid for one API key
 * and for the keys that replaced that one by rotation. Thread-safe.
 */
@Component
class Idempotency {

  private static final Duration KEPT = Duration.ofHours(24);
  static final String HEADER = "Idempotency-Key";
  private static final String WHOLE = "";

  private final DynamoDbClient dynamoDb;
  private final ObjectMapper mapper;
  private final Names names;
  private final OpenKeys openKeys;

  Idempotency(DynamoDbClient dynamoDb, ObjectMapper mapper, Names names, OpenKeys openKeys) {
    this.dynamoDb = dynamoDb;
    this.openKeys = openKeys;
    this.mapper = mapper;
    this.names = names;
  }

  /** The stored answer of the first request. */
  record Answer(int status, String location, String body) {}

  /**
   * Thrown from the transaction when an answer is stored for this Idempotency-Key; carries the
   * stored answer.
   */
  static final class Repeated extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final transient Map<String, AttributeValue> item;

    Repeated(Map<String, AttributeValue> item) {
      super(null, null, false, false);
      this.item = item;
    }
  }

  /**
   * Adds the record of this request, if it has an Idempotency-Key. The record is the transaction's
   * first write, so that a repetition is recognized before any other refusal.
   */
  void add(Change change, Call call, Message answer) {
    add(change, call, answer, WHOLE);
  }

  /**
   * Adds the record of one entry of a request whose entries are carried out one by one. After a
   * crash, a repetition then completes the missing entries, and repeats none.
   */
  void addEntry(Change change, Call call, Message answer, int entry) {
    add(change, call, answer, "#" + entry);
  }

  private void add(Change change, Call call, Message answer, String part) {
    var key = call.header(HEADER);
    if (key.isEmpty() || !call.operation().idempotent()) {
      return;
    }
    var now = Instant.now();
    var kept =
        new Answer(
            answer.getHeader(Exchange.HTTP_RESPONSE_CODE, Integer.class),
            answer.getHeader("Location", String.class),
            answer.getBody(String.class));
    var item = new HashMap<String, AttributeValue>();
    item.put("request_key", Items.text(recordKey(call, key.get()) + part));
    item.put("request_hash", Items.text(requestHash(call)));
    item.put("expires_at", Items.number(now.plus(KEPT).getEpochSecond()));
    try {
      var sealed =
          ResponseCipher.of(key.get(), requestHash(call)).close(mapper.writeValueAsBytes(kept));
      item.put("answer", AttributeValue.fromB(SdkBytes.fromByteArrayUnsafe(sealed)));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    change.first(
        Put.builder()
            .tableName(names.table("idempotency"))
            .item(item)
            .conditionExpression("attribute_not_exists(request_key) OR expires_at < :now")
            .expressionAttributeValues(Map.of(":now", Items.number(now.getEpochSecond()))),
        Repeated::new);
  }

  /**
   * Counts the call's Idempotency-Key, if it has one. Called once for each request, before any
   * other step.
   *
   * @throws Problem 409 when the tenant has too many keys, and this one is new
   */
  void requireRoom(Call call) {
    var caller = call.principal();
    if (call.header(HEADER).isPresent()
        && call.operation().idempotent()
        && !caller.tenantId().equals(Ids.OPERATORS)
        && !openKeys.admit(caller)
        && find(call).isEmpty()) {
      throw new Problem(
          Problem.Code.LIMIT_REACHED,
          "A tenant of the tier %s may send %d Idempotency-Keys a day: send none, or wait."
              .formatted(caller.tier().word(), openKeys.most(caller)));
    }
  }

  /**
   * The stored answer of an earlier request with the same Idempotency-Key; empty when there is
   * none.
   */
  Optional<Repeated> find(Call call) {
    var key = call.header(HEADER);
    if (key.isEmpty()) {
      return Optional.empty();
    }
    var found =
        dynamoDb.getItem(
            g ->
                g.tableName(names.table("idempotency"))
                    .key(Map.of("request_key", Items.text(recordKey(call, key.get()))))
                    .consistentRead(true));
    return Optional.of(found)
        .filter(f -> f.hasItem() && isKept(f.item()))
        .map(f -> new Repeated(f.item()));
  }

  private static boolean isKept(Map<String, AttributeValue> item) {
    return Long.parseLong(Items.required(item, "expires_at").n()) >= Instant.now().getEpochSecond();
  }

  /** Makes the stored first answer the message. */
  void answerAgain(Repeated repeated, Call call, Message message) {
    if (!Items.required(repeated.item, "request_hash").s().equals(requestHash(call))) {
      throw new Problem(
          Problem.Code.IDEMPOTENCY_KEY_REUSED,
          "This Idempotency-Key was used for another request; use a new key.");
    }
    try {
      var sealed = Items.required(repeated.item, "answer").b().asByteArrayUnsafe();
      var opened =
          ResponseCipher.of(call.header(HEADER).orElseThrow(), requestHash(call)).open(sealed);
      var answer = mapper.readValue(opened, Answer.class);
      message.setHeader(Exchange.HTTP_RESPONSE_CODE, answer.status());
      message.setHeader("Location", answer.location());
      message.setHeader("Idempotent-Replayed", "true");
      message.setHeader("Cache-Control", "no-store");
      message.setHeader(Exchange.CONTENT_TYPE, "application/json");
      message.setBody(answer.body());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String recordKey(Call call, String key) {
    return String.join(
        "#",
        call.principal().tenantId(),
        call.principal().lineage(),
        ResponseCipher.hash(key.getBytes(StandardCharsets.UTF_8)));
  }

  private static String requestHash(Call call) {
    var head = (call.method() + " " + call.path() + "\n").getBytes(StandardCharsets.UTF_8);
    return ResponseCipher.hash(head, call.body());
  }
}
