package io.outpost.local;

import java.net.URI;

/** One AWS service of this JVM, listening on a free port of 127.0.0.1. */
interface EmbeddedService extends AutoCloseable {

  /** The address for an AWS SDK client, for example {@code http://127.0.0.1:40123}. */
  URI endpoint();

  /** Stops listening, and releases threads and files. Data that must be kept is on disk already. */
  @Override
  void close() throws Exception;

  /** The endpoint of a port on 127.0.0.1. */
  static URI onPort(int port) {
    return URI.create("http://127.0.0.1:" + port);
  }
}
