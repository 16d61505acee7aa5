package io.outpost.audit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.outpost.aws.Names;
import io.outpost.kernel.Ids;
import io.outpost.kernel.Json;
import io.outpost.kernel.Problem;
import io.outpost.kernel.Shards;
import io.outpost.store.Change;
import io.outpost.store.Items;
import io.outpost.tenant.Tenant;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.camel.Body;
import org.apache.camel.Exchange;
import org.apache.camel.Header;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.Put;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.presigner.S3Presigner;

/** Accepts requests for exports, and shows their results. Stateless. */
@Component("auditExports")
public class AuditExports {

  private static final Duration LONGEST = Duration.ofDays(92);
  private static final int AT_ONCE = 3;

  private final DynamoDbClient dynamoDb;
  private final S3Client s3;
  private final S3Presigner presigner;
  private final Items items;
  private final Names names;
  private final ObjectMapper mapper;
  private final AuditSettings settings;

  AuditExports(
      DynamoDbClient dynamoDb,
      S3Client s3,
      S3Presigner presigner,
      Items items,
      Names names,
      ObjectMapper mapper,
      AuditSettings settings) {
    this.dynamoDb = dynamoDb;
    this.s3 = s3;
    this.presigner = presigner;
    this.items = items;
    this.names = names;
    this.mapper = mapper;
    this.settings = settings;
  }

  /** A file with a link that works without an API key for a limited time. */
  record Link(
      String name,
      Manifest.@Nullable Kind kind,
      @Nullable String sha256,
      @Nullable Long bytes,
      @Nullable Long lines,
      String url) {}

  /** An export as clients see it. Once it is done, {@code files} lists the manifest first. */
  public record View(
      String exportId,
      String tenantId,
      Export.Status status,
      Instant from,
      Instant to,
      Instant createdAt,
      @Nullable Instant completedAt,
      @Nullable Long entries,
      List<Link> files,
      @Nullable Instant linksExpireAt) {}

  /**
   * Adds an export to the change.
   *
   * @throws Problem 400 for a time range that cannot be exported; 409 when too many exports of the
   *     tenant are unfinished
   */
  public View create(@Body JsonNode body, @Header("tenant_id") String tenantId, Exchange exchange) {
    var now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
    var range = TimeRange.of(body.get("from").asText(), body.get("to").asText());
    if (!range.from().isBefore(now)) {
      throw Problem.invalid("from", "must be in the past");
    }
    var to = range.to().isBefore(now) ? range.to() : now;
    if (Duration.between(range.from(), to).compareTo(LONGEST) > 0) {
      throw Problem.invalid("to", "may be %d days after from".formatted(LONGEST.toDays()));
    }
    refuseTooMany(tenantId);
    var export =
        new Export(
            tenantId,
            Ids.ulid(),
            Export.Status.pending,
            range.from(),
            to,
            now,
            null,
            0,
            null,
            null);
    var item = items.write(export);
    item.put("sk", Items.text(Export.sk(export.exportId())));
    item.put("open_shard", Items.text(Shards.of(Export.OPEN, export.exportId())));
    item.put("open_due", Items.text(Json.time(to.plus(settings.exportAfter()))));
    item.put("expires_at", Items.number(now.plus(settings.exportKept()).getEpochSecond()));
    Change.of(exchange)
        .put(
            Put.builder()
                .tableName(names.table("audit"))
                .item(item)
                .conditionExpression("attribute_not_exists(sk)"),
            old -> new Problem(Problem.Code.CONFLICT, "Try again."));
    return view(export, List.of(), null);
  }

  /** An export with its status and, once it is done, links to its files. */
  public View read(@Header("tenant_id") String tenantId, @Header("export_id") String exportId)
      throws IOException {
    var found =
        dynamoDb.getItem(
            g ->
                g.tableName(names.table("audit"))
                    .key(Tenant.key(tenantId, Export.sk(exportId)))
                    .consistentRead(true));
    if (!found.hasItem()) {
      throw Problem.notFound("export");
    }
    var export = items.read(found.item(), Export.class);
    if (export.status() != Export.Status.done) {
      return view(export, List.of(), null);
    }
    var expiry = Instant.now().plus(settings.linkFor()).truncatedTo(ChronoUnit.MILLIS);
    var stored =
        s3.getObjectAsBytes(g -> g.bucket(names.bucket("output")).key(export.key(Export.MANIFEST)));
    var manifest = mapper.readValue(stored.asByteArrayUnsafe(), Manifest.class);
    var first =
        new Link(
            Export.MANIFEST,
            null,
            export.manifestSha256(),
            null,
            null,
            url(export, Export.MANIFEST));
    var files =
        Stream.concat(Stream.of(first), manifest.files().stream().map(file -> link(export, file)))
            .toList();
    return view(export, files, expiry);
  }

  private void refuseTooMany(String tenantId) {
    var open =
        dynamoDb.query(
            q ->
                q.tableName(names.table("audit"))
                    .keyConditionExpression("tenant_id = :tenant AND begins_with(sk, :export)")
                    .filterExpression("attribute_exists(open_shard)")
                    .scanIndexForward(false)
                    .consistentRead(true)
                    .expressionAttributeValues(
                        Map.of(
                            ":tenant", Items.text(tenantId),
                            ":export", Items.text(Export.SK_PREFIX))));
    if (open.count() >= AT_ONCE) {
      throw new Problem(
          Problem.Code.CONFLICT,
          "%d exports are being made; wait until one is done.".formatted(AT_ONCE));
    }
  }

  private Link link(Export export, Manifest.File file) {
    return new Link(
        file.name(),
        file.kind(),
        file.sha256(),
        file.bytes(),
        file.lines(),
        url(export, file.name()));
  }

  private String url(Export export, String file) {
    return presigner
        .presignGetObject(
            p ->
                p.signatureDuration(settings.linkFor())
                    .getObjectRequest(g -> g.bucket(names.bucket("output")).key(export.key(file))))
        .url()
        .toString();
  }

  private static View view(Export e, List<Link> files, @Nullable Instant linksExpireAt) {
    return new View(
        e.exportId(),
        e.tenantId(),
        e.status(),
        e.from(),
        e.to(),
        e.createdAt(),
        e.completedAt(),
        e.entries(),
        files,
        linksExpireAt);
  }
}
