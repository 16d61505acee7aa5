package io.outpost.local;

import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.nio2blob.AbstractNio2BlobStore;
import org.gaul.s3proxy.nio2blob.TransientNio2BlobStore;

/** S3Proxy, with path-style addresses. It checks signatures and the expiry of presigned URLs. */
final class EmbeddedS3 implements EmbeddedService {

  private final S3Proxy proxy;

  private EmbeddedS3(S3Proxy proxy) {
    this.proxy = proxy;
  }

  static EmbeddedS3 start(Optional<Path> folder, String accessKey, String secretKey)
      throws Exception {
    S3Proxy proxy =
        S3Proxy.builder()
            .endpoint(EmbeddedService.onPort(0))
            .awsAuthentication(AuthenticationType.AWS_V2_OR_V4, accessKey, secretKey)
            .ignoreUnknownHeaders(true)
            // Otherwise stopping would wait for clients that only keep a connection open.
            .stopTimeout(0)
            .blobStore(
                folder.isPresent() ? new InFolder(folder.get()) : new TransientNio2BlobStore())
            .build();
    try {
      proxy.start();
    } catch (Exception e) {
      proxy.stop();
      throw e;
    }
    return new EmbeddedS3(proxy);
  }

  /**
   * S3Proxy's store in a folder. The original hides abilities that the store in memory reports;
   * this class reports them.
   */
  private static final class InFolder extends AbstractNio2BlobStore {

    InFolder(Path folder) {
      super(folder);
    }

    @Override
    public boolean supportsVersioning() {
      return true;
    }

    @Override
    public boolean supportsServerSideEncryption() {
      return true;
    }

    @Override
    public boolean supportsBucketEncryption() {
      return true;
    }
  }

  @Override
  public URI endpoint() {
    return EmbeddedService.onPort(proxy.getPort());
  }

  @Override
  public void close() throws Exception {
    proxy.stop();
  }
}
