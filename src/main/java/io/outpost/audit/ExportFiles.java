package io.outpost.audit;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.outpost.audit.ExportWork.Day;
import io.outpost.audit.Manifest.Kind;
import io.outpost.aws.Names;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import org.apache.camel.Body;
import org.apache.camel.ExchangeProperty;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;

/** The steps of making an export from the archive; its files go to the output bucket. Stateless. */
@Component("exportFiles")
public class ExportFiles {

  private static final Duration HOUR = Duration.ofHours(1);

  private final Archive archive;
  private final S3Client s3;
  private final Names names;
  private final ObjectMapper mapper;

  ExportFiles(Archive archive, S3Client s3, Names names, ObjectMapper mapper) {
    this.archive = archive;
    this.s3 = s3;
    this.names = names;
    this.mapper = mapper;
  }

  private record Entry(String entryId, Instant timestamp) {}

  /** Finds the part of the chain that contains all entries of the export. */
  public ExportWork begin(@ExchangeProperty("export") Export export) {
    var blocks = new ArrayList<BlockKey>();
    var within = 0;
    // Begins an hour earlier: clocks differ, so an entry may seem younger than its block.
    var after = BlockKey.folder(export.tenantId(), export.from().minus(HOUR));
    var listed = archive.blocks(export.tenantId(), after);
    while (listed.hasNext()) {
      var key = BlockKey.parse(listed.next().key());
      if (key.isPresent()) {
        blocks.add(key.get());
        within = key.get().first().isBefore(export.to()) ? blocks.size() : within;
      }
    }
    var stretch = blocks.subList(0, within);
    var heads = new HashMap<Long, String>();
    if (!stretch.isEmpty()) {
      archive
          .heads(export.tenantId(), stretch.getFirst().sequence())
          .forEachRemaining(head -> heads.putIfAbsent(head.sequence(), head.sha256()));
    }
    return new ExportWork(export, stretch, heads);
  }

  /** The days of an export. */
  public List<Day> days(@Body ExportWork work) {
    return work.days();
  }

  /** Stores the day's entries that are in the time range, each once, hour by hour. */
  public void entries(@Body Day day) throws IOException {
    try (var file = new LineFile()) {
      var hour = day.date().atStartOfDay().toInstant(ZoneOffset.UTC);
      for (int i = 0; i < 24; i++) {
        entries(day.work(), new TimeRange(hour, hour.plus(HOUR)), file);
        hour = hour.plus(HOUR);
      }
      store(day, file, Kind.entries);
    }
  }

  /** Stores the unchanged blocks of a day. */
  public void chain(@Body Day day) throws IOException {
    try (var file = new LineFile()) {
      for (var key : day.work().blocks()) {
        if (ExportWork.date(key.hour()).equals(day.date())) {
          var content = content(day.work(), key);
          if (content.isPresent()) {
            file.add(content.get());
            Block.link(content.get(), mapper)
                .ifPresent(link -> day.work().pass(link, Block.sha256(content.get())));
          }
        }
      }
      store(day, file, Kind.chain);
    }
  }

  /** Stores the manifest, which lists the other files. */
  public void manifest(@Body ExportWork work) throws IOException {
    var manifest = work.manifest(Instant.now().truncatedTo(ChronoUnit.MILLIS));
    var json = mapper.writerWithDefaultPrettyPrinter().writeValueAsBytes(manifest);
    put(work, Export.MANIFEST, "application/json", RequestBody.fromBytes(json));
    work.manifestSha256(Block.sha256(json));
  }

  private void entries(ExportWork work, TimeRange hour, LineFile file) throws IOException {
    var seen = new HashSet<String>();
    for (var key : work.blocks()) {
      if (key.first().isBefore(hour.to())
          && hour.from().isBefore(key.hour().plus(HOUR.multipliedBy(2)))) {
        var lines = content(work, key).map(c -> new String(c, StandardCharsets.UTF_8)).orElse("");
        for (var line : lines.lines().skip(1).toList()) {
          var entry = mapper.readValue(line, Entry.class);
          if (work.export().range().contains(entry.timestamp())
              && hour.contains(entry.timestamp())
              && seen.add(entry.entryId())) {
            file.add((line + "\n").getBytes(StandardCharsets.UTF_8));
          }
        }
      }
    }
  }

  private Optional<byte[]> content(ExportWork work, BlockKey key) {
    var content = archive.content(key.text()).filter(c -> work.vouchesFor(key, c));
    if (content.isEmpty()) {
      work.unusable(key.text());
    }
    return content;
  }

  private void store(Day day, LineFile file, Kind kind) throws IOException {
    if (!file.isEmpty()) {
      var stored = file.finish(kind + "-" + day.date() + ".ndjson.gz", kind);
      put(day.work(), stored.name(), "application/gzip", RequestBody.fromFile(file.path()));
      day.work().add(stored);
    }
  }

  private void put(ExportWork work, String name, String type, RequestBody body) {
    var key = work.export().key(name);
    s3.putObject(p -> p.bucket(names.bucket("output")).key(key).contentType(type), body);
  }
}
