package io.outpost.worker;

import java.io.IOException;

/**
 * No name server has answered whether a host exists, which is not the fault of the job that names
 * it.
 */
public final class NoNameServer extends IOException {

  private static final long serialVersionUID = 1L;

  NoNameServer(String host) {
    super("No name server resolves " + host);
  }
}
