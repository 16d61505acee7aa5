package io.outpost.platform.http;

import io.outpost.platform.Principal;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;

/** Calls as admission leaves them, for steps that are tested without a server. */
public final class Calls {

  private Calls() {}

  /** A call of somebody who is known. */
  public static Call of(Principal caller) {
    var call = new Call(new MockHttpServletRequest(), new MockHttpServletResponse(), new byte[0]);
    call.identify(caller);
    return call;
  }
}
