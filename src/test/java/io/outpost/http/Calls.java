package io.outpost.http;

import io.outpost.tenant.Principal;
import java.util.Map;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;

/** Creates calls in the state after admission, for tests of steps without a server. */
public final class Calls {

  private Calls() {}

  /** A new call of an operation, with an API key. */
  public static Call of(Operation operation, String key) {
    var request = new MockHttpServletRequest(operation.method(), operation.path());
    request.addHeader("Authorization", "Bearer " + key);
    var call = new Call(request, new MockHttpServletResponse(), new byte[0]);
    call.match(operation);
    return call;
  }

  /** An unauthenticated call with headers. */
  public static Call of(Map<String, String> headers) {
    var request = new MockHttpServletRequest();
    headers.forEach(request::addHeader);
    return new Call(request, new MockHttpServletResponse(), new byte[0]);
  }

  /** An authenticated call. */
  public static Call of(Principal caller) {
    var call = new Call(new MockHttpServletRequest(), new MockHttpServletResponse(), new byte[0]);
    call.identify(caller);
    return call;
  }
}
