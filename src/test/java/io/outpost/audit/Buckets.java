package io.outpost.audit;

import io.outpost.local.AwsClients;
import io.outpost.local.EmbeddedAws;
import java.util.List;
import java.util.stream.Stream;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.model.S3Object;

/** Direct access to the archive's bucket, as an attacker with write access has it. */
record Buckets(AwsClients clients, String env) implements AutoCloseable {

  static Buckets of(EmbeddedAws aws) {
    return new Buckets(aws.clients(), "local");
  }

  /** The names of a tenant's objects, sorted. */
  List<String> objects(String tenantId) {
    return Stream.of(
            clients
                .s3()
                .listObjectsV2Paginator(l -> l.bucket(archive()).prefix(BlockKey.folder(tenantId))))
        .flatMap(pages -> pages.contents().stream())
        .map(S3Object::key)
        .toList();
  }

  byte[] read(String key) {
    return clients.s3().getObjectAsBytes(g -> g.bucket(archive()).key(key)).asByteArray();
  }

  void write(String key, byte[] object) {
    clients.s3().putObject(p -> p.bucket(archive()).key(key), RequestBody.fromBytes(object));
  }

  void remove(String key) {
    clients.s3().deleteObject(d -> d.bucket(archive()).key(key));
  }

  private String archive() {
    return "outpost-audit-" + env;
  }

  @Override
  public void close() {
    clients.close();
  }
}
