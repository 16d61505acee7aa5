package io.outpost.worker;

import java.io.IOException;

/** No name server has said whether there is a host: that is no fault of who named it. */
public final class NoNameServer extends IOException {

  private static final long serialVersionUID = 1L;

  NoNameServer(String host) {
    super("No name server resolves " + host + " is");
  }
}
