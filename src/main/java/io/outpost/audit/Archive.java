package io.outpost.audit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.outpost.aws.Names;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Iterator;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.zip.GZIPInputStream;
import org.apache.camel.Body;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.ChecksumAlgorithm;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.ObjectVersion;

/**
 * The two buckets of the archive: one with blocks, one with the heads that seal them. Thread-safe.
 */
@Component("archive")
public class Archive {

  /**
   * The maximum size of an object that is read into memory: many times that of the largest possible
   * block.
   */
  private static final int LARGEST = 128 << 20;

  private final S3Client s3;
  private final ObjectMapper mapper;
  private final Names names;

  Archive(S3Client s3, ObjectMapper mapper, Names names) {
    this.s3 = s3;
    this.mapper = mapper;
    this.names = names;
  }

  /**
   * An object under a tenant's prefix. Its content is uncompressed; empty when the object cannot be
   * a block.
   */
  record Stored(String key, Supplier<Optional<byte[]>> content) {}

  /** The tenant's objects whose names sort after {@code after}, read as needed. */
  Iterator<Stored> blocks(String tenantId, String after) {
    return s3
        .listObjectsV2Paginator(
            l ->
                l.bucket(names.bucket("audit")).prefix(BlockKey.folder(tenantId)).startAfter(after))
        .contents()
        .stream()
        .map(object -> new Stored(object.key(), () -> content(object.key())))
        .iterator();
  }

  /**
   * The heads of a tenant from a sequence on, in order. Object Lock does not prevent delete
   * markers, so heads under such a marker are included.
   */
  Iterator<HeadCopy> heads(String tenantId, long sequence) {
    return s3
        .listObjectVersionsPaginator(
            l ->
                l.bucket(names.bucket("audit-head"))
                    .prefix(BlockKey.folder(tenantId))
                    .keyMarker(HeadCopy.from(tenantId, sequence)))
        .versions()
        .stream()
        .map(ObjectVersion::key)
        .flatMap(key -> HeadCopy.parse(key).stream())
        .iterator();
  }

  /** The uncompressed content of an object; empty when it does not exist or cannot be read. */
  Optional<byte[]> content(String key) {
    try {
      var object = s3.getObjectAsBytes(g -> g.bucket(names.bucket("audit")).key(key));
      return uncompressed(object.asByteArrayUnsafe());
    } catch (NoSuchKeyException e) {
      return Optional.empty();
    }
  }

  /** Whether the referenced block exists unchanged. */
  boolean holds(BlockReference mark) {
    return content(mark.key()).filter(c -> Block.sha256(c).equals(mark.sha256())).isPresent();
  }

  /** Writes the head of a block to the second bucket. A repetition changes nothing. */
  public void seal(@Body Block block) throws JsonProcessingException {
    seal(block.tenantId(), block.mark());
  }

  void seal(String tenantId, BlockReference mark) throws JsonProcessingException {
    var name = new HeadCopy(tenantId, mark.sequence(), mark.sha256()).text();
    var body = RequestBody.fromBytes(mapper.writeValueAsBytes(mark));
    // S3 requires a checksum in a bucket with Object Lock.
    s3.putObject(
        p ->
            p.bucket(names.bucket("audit-head"))
                .key(name)
                .contentType("application/json")
                .checksumAlgorithm(ChecksumAlgorithm.SHA256),
        body);
  }

  private static Optional<byte[]> uncompressed(byte[] object) {
    try (var in = new GZIPInputStream(new ByteArrayInputStream(object))) {
      var content = in.readNBytes(LARGEST + 1);
      return content.length > LARGEST ? Optional.empty() : Optional.of(content);
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
