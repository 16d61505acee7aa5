package io.outpost.http;

import io.outpost.kernel.Problem;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.stereotype.Component;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * The outermost step of every request: sets its id, limits its body, and turns every failure that
 * nothing else has answered into a problem document.
 */
@Component
@Order(Ordered.HIGHEST_PRECEDENCE)
class Edge extends OncePerRequestFilter {

  private static final Logger LOG = LoggerFactory.getLogger(Edge.class);
  private static final List<String> METHODS = List.of("GET", "POST", "PUT", "PATCH", "DELETE");

  private final Contract contract;
  private final ProblemWriter problems;
  private final CallRecorder recorder;
  private final ResponseHeaders headers;
  private final BodyReader bodies;
  private final HeldBodies held;
  private final RouteServer routes;

  Edge(
      Contract contract,
      ProblemWriter problems,
      CallRecorder recorder,
      ResponseHeaders headers,
      BodyReader bodies,
      HeldBodies held,
      RouteServer routes) {
    this.contract = contract;
    this.problems = problems;
    this.recorder = recorder;
    this.headers = headers;
    this.bodies = bodies;
    this.held = held;
    this.routes = routes;
  }

  @Override
  protected void doFilterInternal(
      HttpServletRequest incoming, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    var request = GatewayAuthRequest.of(HeadAsGetRequest.of(incoming));
    var operation = contract.at(request.getMethod(), request.getRequestURI());
    var body = new byte[0];
    Problem refusal = null;
    try {
      body = bodyOf(request, operation.map(Operation::bodyLimit).orElse(contract.bodyLimit()));
    } catch (Problem problem) {
      refusal = problem;
    } catch (IOException e) {
      refusal =
          Problem.invalid("body", "could not be read: send as many bytes as Content-Length says");
    }
    var call = new Call(request, response, body);
    request.setAttribute(Call.NAME, call);
    response.setHeader("X-Request-Id", call.requestId());
    headers.set(request, response);
    try {
      if (refusal != null) {
        // The rest of the body is not read, so the connection cannot be used again.
        response.setHeader("Connection", "close");
        throw refusal;
      }
      if (!recorder.isStarted()) {
        throw Problem.unavailable("Outpost is starting; try again shortly.");
      }
      if (request.getMethod().equals("OPTIONS") && isSomewhere(call)) {
        tellOptions(request, response);
        return;
      }
      if (!METHODS.contains(request.getMethod()) || endsInSlash(call)) {
        throw nowhere(call);
      }
      var buffered = new BufferedBodyRequest(request, body);
      var deferred = new DeferredErrorResponse(response, call);
      if (operation.isPresent() && routes.areBuilt()) {
        routes.serve(buffered, deferred);
      } else {
        chain.doFilter(buffered, deferred);
      }
      answerWhatNobodyDid(call);
    } catch (Problem problem) {
      problems.write(problem, call, response);
    } catch (IOException | ServletException | RuntimeException e) {
      LOG.error("Request {} failed outside the routes", call.requestId(), e);
      if (!response.isCommitted()) {
        response.reset();
        response.setHeader("X-Request-Id", call.requestId());
        headers.set(request, response);
        problems.write(
            new Problem(
                Problem.Code.INTERNAL, "Try again; if it fails again, report the request id."),
            call,
            response);
      }
    }
  }

  /** Whether the path exists. OPTIONS * arrives as a request for the root. */
  private boolean isSomewhere(Call call) {
    return call.path().equals("/") || !methodsAt(call.path()).isEmpty();
  }

  /** The methods of a path: of the contract, or of the page beside it that shows the contract. */
  private Collection<String> methodsAt(String path) {
    return path.equals("/docs") || path.equals("/docs/")
        ? List.of("GET")
        : contract.methodsAt(path);
  }

  /**
   * Whether to refuse the path: no operation's path ends in a slash, but Spring would match it
   * without the slash.
   */
  private static boolean endsInSlash(Call call) {
    return call.path().endsWith("/") && !call.path().startsWith("/docs/");
  }

  private void tellOptions(HttpServletRequest request, HttpServletResponse response) {
    var path = request.getRequestURI();
    var methods = allowed(path.equals("/") ? METHODS : methodsAt(path));
    response.setStatus(HttpServletResponse.SC_NO_CONTENT);
    response.setHeader("Allow", String.join(", ", methods));
    headers.preflight(request, response, methods);
  }

  /**
   * Adds the methods that are implied by a path's operations: HEAD wherever there is GET, OPTIONS
   * everywhere.
   */
  private static List<String> allowed(Collection<String> methods) {
    var all = new ArrayList<>(methods);
    if (all.contains("GET")) {
      all.add("HEAD");
    }
    all.add("OPTIONS");
    return all;
  }

  /** The whole body; its memory is released when the call is answered. */
  private byte[] bodyOf(HttpServletRequest request, int most) throws IOException {
    var share = held.of(request.getRemoteAddr());
    request.setAttribute(HeldBodies.NAME, share);
    return bodies
        .read(request, most, share)
        .orElseThrow(
            () ->
                new Problem(
                    Problem.Code.PAYLOAD_TOO_LARGE, "The body may have %d bytes.".formatted(most)));
  }

  /**
   * Turns an error answer without a JSON body into a problem document, because every error of ours
   * is JSON. Camel answers with text when a failure escapes a route.
   */
  private void answerWhatNobodyDid(Call call) throws IOException {
    var response = call.response();
    if (response.getStatus() < 400 || response.isCommitted()) {
      return;
    }
    var type = response.getContentType();
    if (!call.hasOperation() || type == null || type.startsWith("text/")) {
      problems.write(unanswered(call, response.getStatus()), call, response);
    }
  }

  private Problem unanswered(Call call, int status) {
    var code = Problem.Code.of(status);
    var isDocs = call.path().startsWith("/docs");
    return switch (code) {
      case NOT_FOUND -> isDocs ? nothingHere() : nowhere(call);
      case METHOD_NOT_ALLOWED -> isDocs ? notAllowed(Map.of()) : nowhere(call);
      default -> new Problem(code, code.title() + ".");
    };
  }

  /**
   * Why no operation matches a call. Found here, because the web server's own answer does not know
   * all paths and methods.
   */
  private Problem nowhere(Call call) {
    var methods = contract.methodsAt(call.path());
    return methods.isEmpty() || methods.contains(call.method())
        ? nothingHere()
        : notAllowed(Map.of("Allow", String.join(", ", allowed(methods))));
  }

  private static Problem nothingHere() {
    return new Problem(
        Problem.Code.NOT_FOUND, "This path does not exist; /openapi.json lists the paths.");
  }

  private static Problem notAllowed(Map<String, String> headers) {
    return new Problem(
        Problem.Code.METHOD_NOT_ALLOWED,
        "The path exists, but not with this method; see the header Allow.",
        List.of(),
        headers);
  }
}
