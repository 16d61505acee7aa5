package io.outpost.worker;

import io.outpost.aws.Names;
import io.outpost.job.Job;
import io.outpost.job.SavedFiles;
import io.outpost.store.Items;
import io.outpost.worker.agent.JobFiles;
import io.outpost.worker.files.NotPackedException;
import io.outpost.worker.files.TooLargeException;
import io.outpost.worker.files.TreeLimits;
import io.outpost.worker.files.WorkspaceArchive;
import io.outpost.workspaces.Workspace;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.DigestInputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.apache.camel.ExchangeProperty;
import org.apache.commons.codec.digest.DigestUtils;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;
import org.springframework.util.unit.DataSize;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.s3.S3Client;

/**
 * Restores and saves workspaces. Each save writes a new archive to S3; the workspace's item names
 * the current archive and its hash. Thread-safe.
 */
@Profile({"worker", "local"})
@Component("workspaceFiles")
public class WorkspaceFiles {

  private final DynamoDbClient dynamoDb;
  private final S3Client s3;
  private final Names names;
  private final TreeLimits limits;

  WorkspaceFiles(
      DynamoDbClient dynamoDb,
      S3Client s3,
      Names names,
      @Value("${outpost.worker.workspace-size}") DataSize size,
      @Value("${outpost.worker.workspace-entries}") int entries) {
    this.dynamoDb = dynamoDb;
    this.s3 = s3;
    this.names = names;
    this.limits = new TreeLimits(size.toBytes(), entries);
  }

  /** Finds the workspace's archive and the path under which its jobs see it. */
  public void find(@ExchangeProperty("run") Run run) {
    var job = run.job();
    var item =
        dynamoDb
            .getItem(
                g ->
                    g.tableName(names.table("tenants"))
                        .key(Workspace.key(job.tenantId(), job.inWorkspace()))
                        .consistentRead(true))
            .item();
    var archive =
        item.containsKey("archive_key")
            ? new SavedFiles(
                item.get("archive_key").s(),
                Items.required(item, "archive_sha256").s(),
                Long.parseLong(Items.required(item, "size_bytes").n()))
            : null;
    run.found(new Run.Found(Items.required(item, "path_id").s(), archive));
  }

  /**
   * Unpacks the workspace into the run's directory; a new workspace is empty.
   *
   * @throws IOException when the archive has changed since it was saved
   */
  public void restore(@ExchangeProperty("run") Run run) throws IOException {
    var found = run.found();
    var archive = found == null ? null : found.archive();
    if (archive != null) {
      var lost = unpack(archive, run.files());
      if (!lost.isEmpty()) {
        run.warn("workspace-not-restored", "Not restored: " + lost);
      }
    }
  }

  /**
   * Stores the files that the agent left. They become the workspace when the job's end is written.
   */
  public void save(@ExchangeProperty("run") Run run) throws IOException {
    var archive = run.files().directory().spool("workspace.tar.gz");
    Files.deleteIfExists(archive); // left by a save that S3 refused
    var digest = DigestUtils.getSha256Digest();
    try {
      var packed = pack(run.files(), archive, digest);
      var key = prefix(run.job()) + run.leaseId() + ".tar.gz";
      s3.putObject(p -> p.bucket(names.bucket("output")).key(key), RequestBody.fromFile(archive));
      run.saved(new SavedFiles(key, HexFormat.of().formatHex(digest.digest()), packed.bytes()));
      if (!packed.notKept().isEmpty()) {
        run.warn("workspace-incomplete", "Not saved: " + packed.notKept());
      }
    } catch (TooLargeException e) {
      run.fail(new Job.Fault("workspace-too-large", String.valueOf(e.getMessage())));
    } catch (NotPackedException e) {
      run.fail(new Job.Fault("workspace-not-saved", String.valueOf(e.getMessage())));
    }
  }

  /** Removes the workspace's outdated archives. */
  public void removeOlder(@ExchangeProperty("run") Run run) {
    if (run.saved() != null) {
      s3
          .listObjectsV2Paginator(l -> l.bucket(names.bucket("output")).prefix(prefix(run.job())))
          .contents()
          .stream()
          .filter(object -> !object.key().equals(run.saved().key()))
          .forEach(
              object -> s3.deleteObject(d -> d.bucket(names.bucket("output")).key(object.key())));
    }
  }

  private String unpack(SavedFiles archive, JobFiles files) throws IOException {
    var digest = DigestUtils.getSha256Digest();
    var key = archive.key();
    String lost;
    try (InputStream stored = s3.getObject(g -> g.bucket(names.bucket("output")).key(key));
        var in = new DigestInputStream(stored, digest)) {
      lost = WorkspaceArchive.unpack(in, files, archive.sizeBytes(), limits);
      in.transferTo(OutputStream.nullOutputStream());
    }
    if (!HexFormat.of().formatHex(digest.digest()).equals(archive.sha256())) {
      throw new IOException("The archive " + key + " is not the one that was saved");
    }
    return lost;
  }

  private WorkspaceArchive.Packed pack(JobFiles files, Path archive, MessageDigest digest)
      throws IOException {
    try (var out =
        new DigestOutputStream(
            new BufferedOutputStream(Files.newOutputStream(archive, StandardOpenOption.CREATE_NEW)),
            digest)) {
      return WorkspaceArchive.pack(files, out, limits);
    }
  }

  private static String prefix(Job job) {
    return Workspace.prefix(job.tenantId(), job.inWorkspace());
  }
}
