package io.outpost.http;

import io.outpost.tenant.Principal;
import java.util.Map;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;

/** Calls as admission leaves them, for steps that are tested without a server. */
public final class Calls {

  private Calls() {}

  /** A call of an operation as it arrives, with a key. */
  public static Call of(Operation operation, String key) {
    var request = new MockHttpServletRequest(operation.method(), operation.path());
    request.addHeader("Authorization", "Bearer " + key);
    var call = new Call(request, new MockHttpServletResponse(), new byte[0]);
    call.match(operation);
    return call;
  }

  /** A call of nobody, with headers. */
  public static Call of(Map<String, String> headers) {
    var request = new MockHttpServletRequest();
    headers.forEach(request::addHeader);
    return new Call(request, new MockHttpServletResponse(), new byte[0]);
  }

  /** A call of somebody who is known. */
  public static Call of(Principal caller) {
    var call = new Call(new MockHttpServletRequest(), new MockHttpServletResponse(), new byte[0]);
    call.identify(caller);
    return call;
  }
}
