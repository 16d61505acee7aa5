package io.outpost.audit;

import io.outpost.health.HealthPart;
import io.outpost.kernel.Ids;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.camel.Body;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.stereotype.Component;

/**
 * The spool: batches of entries that wait on disk while the audit queue does not answer, oldest
 * first, up to a number of bytes. They survive a restart of the process. Batches that do not fit
 * are lost and logged; of those, entries that were written with their change are still in the table
 * and are sent again from there. Thread-safe.
 */
@Component("auditSpool")
@EnableConfigurationProperties(AuditSettings.class)
public class AuditSpool implements HealthPart {

  private static final Logger LOG = LoggerFactory.getLogger(AuditSpool.class);
  private static final String BATCH = ".json";

  private final Path folder;
  private final long limit;
  private final ConcurrentSkipListMap<String, Long> waiting = new ConcurrentSkipListMap<>();
  private final AtomicLong bytes = new AtomicLong();
  private volatile boolean losing;

  AuditSpool(AuditSettings settings) throws IOException {
    folder = Files.createDirectories(settings.spool());
    limit = settings.spoolLimit().toBytes();
    try (var files = Files.list(folder)) {
      files.filter(file -> file.toString().endsWith(BATCH)).forEach(this::found);
    }
  }

  /** Whether the spool is empty. */
  public boolean isEmpty() {
    return waiting.isEmpty();
  }

  /** The number of waiting batches. */
  public int size() {
    return waiting.size();
  }

  /** The size of all waiting batches in bytes. */
  long bytes() {
    return bytes.get();
  }

  /** Writes a batch to disk until it can be sent. */
  public void keep(@Body String batch) {
    var content = batch.getBytes(StandardCharsets.UTF_8);
    try {
      if (bytes.addAndGet(content.length) > limit) {
        throw new IOException("the limit of %d bytes is reached".formatted(limit));
      }
      var name = Ids.ulid() + BATCH;
      // The file is complete before it gets its name, so a reader never sees half a batch.
      var half = Files.write(folder.resolve(name + ".half"), content);
      Files.move(half, folder.resolve(name), StandardCopyOption.ATOMIC_MOVE);
      waiting.put(name, (long) content.length);
      losing = false;
    } catch (IOException e) {
      bytes.addAndGet(-content.length);
      losing = true;
      LOG.error(
          "A batch of audit entries is lost; it could not be written to {}: {}",
          folder,
          e.toString());
    }
  }

  /** The oldest batch. The property {@code spooled} gets the name of its file. */
  public String oldest(Exchange exchange) throws IOException {
    var name = waiting.firstKey();
    exchange.setProperty("spooled", name);
    try {
      return Files.readString(folder.resolve(name));
    } catch (NoSuchFileException e) {
      remove(name);
      throw e;
    }
  }

  /** Removes a batch that was sent. */
  public void remove(@ExchangeProperty("spooled") String name) throws IOException {
    var size = waiting.remove(name);
    if (size != null) {
      bytes.addAndGet(-size);
    }
    Files.deleteIfExists(folder.resolve(name));
    losing = false;
  }

  @Override
  public String name() {
    return "audit";
  }

  /**
   * UP; DELAYED while batches wait, which does not affect requests; DOWN when entries are being
   * lost.
   */
  @Override
  public String state() {
    if (losing) {
      return "DOWN";
    }
    return isEmpty() ? "UP" : "DELAYED";
  }

  private void found(Path file) {
    try {
      waiting.put(file.getFileName().toString(), Files.size(file));
      bytes.addAndGet(Files.size(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
