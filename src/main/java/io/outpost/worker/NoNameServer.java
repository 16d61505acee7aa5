package io.outpost.worker;

import java.io.IOException;

/** No name server answered whether a host exists. The job that names the host is not at fault. */
public final class NoNameServer extends IOException {

  private static final long serialVersionUID = 1L;

  NoNameServer(String host) {
    super("No name server resolves " + host);
  }
}
