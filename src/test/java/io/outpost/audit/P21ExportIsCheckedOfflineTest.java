package io.outpost.audit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.outpost.blackbox.Customer;
import io.outpost.local.EmbeddedAws;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * A customer can check with nothing but an export's files that the export is complete. Changed
 * files are found, even when the attacker recomputed everything that can be recomputed.
 */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class P21ExportIsCheckedOfflineTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  private static final RecordedCalls CALLS = new RecordedCalls("export");

  @TempDir private static Path folder;
  private static Entries entries;
  private static Customer customer;
  private static Instant half;
  private static JsonNode whole;
  private static JsonNode firstHalf;

  /**
   * Exports a customer's archive of several blocks; one entry is in it twice, as after a lost
   * answer.
   */
  @BeforeAll
  static void export(EmbeddedAws aws, LocalOutpost outpost) throws Exception {
    entries = Entries.of(aws, "local");
    var beginning = Instant.now();
    customer = Customer.of(CALLS.client(outpost.address(), outpost.adminKey()), "enterprise");
    callUntilBlocks(2);
    half = Instant.now();
    callUntilBlocks(3);
    firstHalf = fetched(order(beginning, half));
    var again = entries.archived(customer.tenantId()).getFirst();
    send(again);
    await().until(() -> times(again) == 2);
    whole = fetched(order(beginning, Instant.now()));
  }

  @AfterAll
  static void stop() {
    entries.close();
  }

  @Test
  void anExportIsWholeWithEveryEntryOnce() throws IOException {
    var result = OfflineCheck.of(folderOf(whole), manifestHash(whole));
    assertThat(result.faults()).isEmpty();
    var expected =
        entries.archived(customer.tenantId()).stream()
            .filter(entry -> entry.timestamp().isBefore(Instant.parse(whole.get("to").asText())))
            .map(AuditEntry::entryId)
            .collect(Collectors.toSet());
    assertThat(result.entries()).isEqualTo(expected);
    assertThat(whole.get("entries").asInt()).isEqualTo(expected.size());
  }

  @Test
  void anExportHasWhatLiesInItsTimeAndNoMore() throws IOException {
    var result = OfflineCheck.of(folderOf(firstHalf), manifestHash(firstHalf));
    assertThat(result.faults()).isEmpty();
    assertThat(result.entries())
        .isNotEmpty()
        .isEqualTo(
            entries.archived(customer.tenantId()).stream()
                .filter(entry -> entry.timestamp().isBefore(half))
                .map(AuditEntry::entryId)
                .collect(Collectors.toSet()));
  }

  @Test
  void aLaterExportHasTheSameHistory() throws IOException {
    var early = OfflineCheck.of(folderOf(firstHalf), manifestHash(firstHalf)).hashes();
    var late = OfflineCheck.of(folderOf(whole), manifestHash(whole)).hashes();
    assertThat(late).containsAllEntriesOf(early).hasSizeGreaterThan(early.size());
  }

  @Test
  void theLinksNeedNoKeyAndEnd() {
    assertThat(Instant.parse(whole.get("links_expire_at").asText())).isAfter(half);
    assertThat(whole.get("files"))
        .allSatisfy(file -> assertThat(file.get("url").asText()).contains("X-Amz-Expires=900"));
    assertThat(whole.at("/files/0/name").asText()).isEqualTo("manifest.json");
  }

  @Test
  void aChangedFileIsFound() throws IOException {
    var copy = copy("file");
    rewrite(copy, "entries", lines -> lines.removeLast());
    assertThat(faults(copy, manifestHash(whole))).anyMatch(fault -> fault.startsWith("1"));
  }

  @Test
  void aChangedManifestIsFound() throws IOException {
    var copy = copy("manifest");
    rewrite(copy, "entries", lines -> lines.removeLast());
    agree(copy);
    assertThat(faults(copy, manifestHash(whole))).anyMatch(fault -> fault.startsWith("1"));
  }

  @Test
  void anEditedBlockIsFound() throws IOException {
    assertChainFault("edited", lines -> lines.set(1, lines.get(1).replace("allowed", "denied")));
  }

  @Test
  void aRemovedBlockIsFound() throws IOException {
    assertChainFault("removed", lines -> lines.subList(0, block(lines, 0)).clear());
  }

  @Test
  void aCutTailIsFound() throws IOException {
    assertChainFault("cut", List::removeLast);
  }

  @Test
  void exchangedBlocksAreFound() throws IOException {
    assertChainFault(
        "exchanged",
        lines -> {
          var first = new ArrayList<>(lines.subList(0, block(lines, 0)));
          lines.subList(0, first.size()).clear();
          lines.addAll(block(lines, 0), first);
        });
  }

  @Test
  void anEntryLeftOutIsFound() throws IOException {
    assertEntryFault("left-out", lines -> lines.remove(1));
  }

  @Test
  void anEntryThatNeverWasIsFound() throws IOException {
    assertEntryFault(
        "added", lines -> lines.add(lines.getFirst().replaceAll("entry_id\":\"..", "$0X")));
  }

  @Test
  void anEntryThatWasAnotherIsFound() throws IOException {
    assertEntryFault("other", lines -> lines.set(0, lines.get(0).replace("allowed", "denied")));
  }

  @Test
  void whatCannotBeExportedIsRefused() {
    var path = customer.path("/audit/exports");
    var range = "{\"from\":\"%s\",\"to\":\"%s\"}";
    var client = customer.client();
    for (var wrong :
        List.of(
            range.formatted("2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z"),
            range.formatted("2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
            range.formatted("2999-01-01T00:00:00Z", "2999-01-02T00:00:00Z"))) {
      assertThat(client.post(path, wrong).status()).isEqualTo(400);
    }
  }

  private void assertChainFault(String name, Consumer<List<String>> change) throws IOException {
    var copy = copy(name);
    rewrite(copy, "chain", change);
    assertThat(faults(copy, agree(copy))).anyMatch(fault -> fault.startsWith("2"));
  }

  private void assertEntryFault(String name, Consumer<List<String>> change) throws IOException {
    var copy = copy(name);
    rewrite(copy, "entries", change);
    assertThat(faults(copy, agree(copy))).isNotEmpty().allMatch(fault -> fault.startsWith("3"));
  }

  /** The index of the line after the block that begins at {@code start}. */
  private static int block(List<String> lines, int start) {
    var end = start + 1;
    while (end < lines.size() && !lines.get(end).startsWith("{\"link\"")) {
      end++;
    }
    return end;
  }

  private static List<String> faults(Path copy, String manifestSha256) throws IOException {
    return OfflineCheck.of(copy, manifestSha256).faults();
  }

  /** Calls until the archive has that many more blocks, and waits until all calls are archived. */
  private static void callUntilBlocks(int more) {
    var wanted = entries.blocks(customer.tenantId()) + more;
    await()
        .until(
            () -> {
              customer.client().get("/jobs");
              return entries.blocks(customer.tenantId()) >= wanted;
            });
    var made =
        CALLS.made().entrySet().stream()
            .filter(call -> call.getValue().key().equals(customer.client().key()))
            .map(Map.Entry::getKey)
            .toList();
    await()
        .untilAsserted(
            () ->
                assertThat(entries.archived(customer.tenantId()))
                    .extracting(AuditEntry::requestId)
                    .containsAll(made));
  }

  private static long times(AuditEntry entry) {
    return entries.archived(customer.tenantId()).stream().filter(entry::equals).count();
  }

  private static void send(AuditEntry entry) throws IOException {
    var body = SampleChain.MAPPER.writeValueAsString(List.of(entry));
    var sqs = entries.clients().sqs();
    var queue = sqs.getQueueUrl(q -> q.queueName("outpost-audit-local")).queueUrl();
    sqs.sendMessage(m -> m.queueUrl(queue).messageBody(body));
  }

  private static String order(Instant from, Instant to) {
    var range = "{\"from\":\"%s\",\"to\":\"%s\"}".formatted(from, to);
    var ordered = customer.client().post(customer.path("/audit/exports"), range);
    assertThat(ordered.status()).as(ordered.body()).isEqualTo(202);
    return ordered.header("Location");
  }

  /** Waits until an export is done and downloads its files into a folder of its own. */
  private static JsonNode fetched(String location) throws Exception {
    var export =
        await()
            .until(
                () -> customer.client().get(location).json(),
                e -> Set.of("done", "failed").contains(e.get("status").asText()));
    assertThat(export.get("status").asText()).as(export.toString()).isEqualTo("done");
    Files.createDirectories(folderOf(export));
    for (var file : export.get("files")) {
      var request = HttpRequest.newBuilder(URI.create(file.get("url").asText())).build();
      var path = folderOf(export).resolve(file.get("name").asText());
      var answer = HttpClient.newHttpClient().send(request, BodyHandlers.ofFile(path));
      assertThat(answer.statusCode()).isEqualTo(200);
    }
    return export;
  }

  private static Path folderOf(JsonNode export) {
    return folder.resolve(export.get("export_id").asText());
  }

  private static String manifestHash(JsonNode export) {
    return export.at("/files/0/sha256").asText();
  }

  private static Path copy(String name) throws IOException {
    var copy = Files.createDirectories(folder.resolve(name));
    try (var files = Files.list(folderOf(whole))) {
      for (var file : files.toList()) {
        Files.copy(file, copy.resolve(file.getFileName()));
      }
    }
    return copy;
  }

  /** Changes the lines of the first file whose name begins with {@code kind}. */
  private static void rewrite(Path copy, String kind, Consumer<List<String>> change)
      throws IOException {
    Path file;
    try (var files = Files.list(copy)) {
      file =
          files.filter(f -> f.getFileName().toString().startsWith(kind)).sorted().findFirst().get();
    }
    var lines = new ArrayList<String>();
    try (var in = new GZIPInputStream(new ByteArrayInputStream(Files.readAllBytes(file)))) {
      new String(in.readAllBytes(), UTF_8).lines().forEach(lines::add);
    }
    var before = List.copyOf(lines);
    change.accept(lines);
    assertThat(lines).isNotEqualTo(before);
    var out = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(out)) {
      gzip.write((String.join("\n", lines) + "\n").getBytes(UTF_8));
    }
    Files.write(file, out.toByteArray());
  }

  /** Updates the manifest to the hashes of the files; returns the manifest's new hash. */
  private static String agree(Path copy) throws IOException {
    var file = copy.resolve("manifest.json");
    var manifest = (ObjectNode) JSON.readTree(Files.readAllBytes(file));
    for (var described : (ArrayNode) manifest.get("files")) {
      var content = Files.readAllBytes(copy.resolve(described.get("name").asText()));
      ((ObjectNode) described).put("sha256", OfflineCheck.sha256(content));
    }
    var json = JSON.writeValueAsBytes(manifest);
    Files.write(file, json);
    return OfflineCheck.sha256(json);
  }
}
