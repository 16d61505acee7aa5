package io.outpost.http;

import io.opentelemetry.api.trace.Span;
import io.outpost.audit.AuditEntry;
import io.outpost.kernel.Ids;
import io.outpost.kernel.Problem;
import io.outpost.kernel.Problem.FieldError;
import io.outpost.telemetry.LogSubject;
import io.outpost.telemetry.Tracing;
import io.outpost.tenant.Principal;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.apache.catalina.Globals;
import org.jspecify.annotations.Nullable;
import org.springframework.http.InvalidMediaTypeException;
import org.springframework.http.MediaType;

/**
 * One HTTP request: what was read from it at the edge, and what admission found out (the operation,
 * the caller). Lives as long as the request; used by one thread at a time.
 */
public final class Call implements LogSubject {

  /** The name of the request attribute, and of the exchange property, with the call. */
  public static final String NAME = "call";

  private static final Pattern REQUEST_ID = Pattern.compile("[A-Za-z0-9._-]{1,128}");
  private static final Pattern TRACE_PARENT =
      Pattern.compile("00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}");
  private static final int LONGEST_USER_AGENT = 256;

  private final HttpServletRequest request;
  private final HttpServletResponse response;
  private final byte[] body;
  private final String ipAddress;
  private final String requestId;
  private final String entryId = Ids.ulid();
  private final Instant arrived = Instant.now();
  private final Span span;
  private @Nullable Operation operation;
  private @Nullable Principal principal;
  private @Nullable String concerned;
  private @Nullable String made;
  private @Nullable String refusedKey;
  private @Nullable String reason;
  private Problem.@Nullable Code refusal;
  private boolean authorized;
  private boolean admitted;
  private @Nullable String answered;
  private @Nullable AuditEntry written;
  private Map<Integer, List<FieldError>> entryFaults = Map.of();
  private boolean uncertain;
  private int decided;

  Call(HttpServletRequest request, HttpServletResponse response, byte[] body) {
    this.request = request;
    this.response = response;
    this.body = body;
    this.ipAddress = request.getRemoteAddr();
    this.requestId = requestId(request, entryId);
    // Read now, because the server reuses the request object while background work may still need
    // the span.
    this.span =
        request.getAttribute(Tracing.SPAN) instanceof Span given ? given : Span.getInvalid();
  }

  /** The caller's request id when it is well formed; otherwise a new one. */
  static String requestId(HttpServletRequest request, String otherwise) {
    var given = request.getHeader("X-Request-Id");
    var usable = given != null && REQUEST_ID.matcher(given).matches() && !KeyText.isIn(given);
    return usable ? given : otherwise;
  }

  /** The call of a request that has passed the edge. */
  public static Call of(HttpServletRequest request) {
    return (Call) request.getAttribute(NAME);
  }

  public String requestId() {
    return requestId;
  }

  /** The id of this call's audit entry, the same wherever the entry is written. */
  public String entryId() {
    return entryId;
  }

  @Override
  public Map<String, String> logFields() {
    var tenant = tenant();
    return tenant == null
        ? Map.of("request_id", requestId)
        : Map.of("request_id", requestId, "tenant_id", tenant);
  }

  public Instant arrived() {
    return arrived;
  }

  public String method() {
    return request.getMethod();
  }

  /** Whether the answer's body is sent: not for HEAD. */
  public boolean wantsBody() {
    return !(request instanceof HeadAsGetRequest);
  }

  /** The path as the server decoded it, without the query. */
  public String path() {
    return request.getRequestURI();
  }

  public String ipAddress() {
    return ipAddress;
  }

  /** At most 256 characters of the User-Agent; null when there is none. */
  public @Nullable String userAgent() {
    var agent = request.getHeader("User-Agent");
    return agent == null || agent.length() <= LONGEST_USER_AGENT
        ? agent
        : agent.substring(0, LONGEST_USER_AGENT);
  }

  /** The caller's W3C trace context, when it is well formed. */
  static Optional<String> traceParent(HttpServletRequest request) {
    return Optional.ofNullable(request.getHeader("traceparent"))
        .filter(t -> TRACE_PARENT.matcher(t).matches())
        .filter(t -> Tracing.remote(t).getSpanContext().isValid());
  }

  /** The W3C trace context for later steps: that of the call's span, if there is one. */
  public Optional<String> traceParent() {
    return Tracing.context(span());
  }

  /**
   * The caller's W3C trace context, if none of our spans continues it. It is only for the caller's
   * own agents; its sampling flag has no effect on us.
   */
  public Optional<String> callerTrace() {
    return traceParent().isPresent() ? Optional.empty() : traceParent(request);
  }

  @Override
  public Span span() {
    return span;
  }

  /** A request header, never a query parameter of the same name. */
  public Optional<String> header(String name) {
    return Optional.ofNullable(request.getHeader(name));
  }

  /** All values of a request header; empty when there is none. */
  public String[] headers(String name) {
    return Collections.list(request.getHeaders(name)).toArray(String[]::new);
  }

  /**
   * Whether the header Accept names this media type, and ranks it at least as high as JSON (RFC
   * 9110, section 12.5.1).
   */
  public boolean prefers(String type) {
    try {
      var accepted = MediaType.parseMediaTypes(List.of(headers("Accept")));
      var named = MediaType.parseMediaType(type);
      var quality = best(accepted, named::equalsTypeAndSubtype);
      return quality > 0
          && quality >= best(accepted, range -> range.includes(MediaType.APPLICATION_JSON));
    } catch (InvalidMediaTypeException e) {
      return false;
    }
  }

  private static double best(List<MediaType> accepted, Predicate<MediaType> which) {
    return accepted.stream().filter(which).mapToDouble(MediaType::getQualityValue).max().orElse(0);
  }

  /**
   * The values of a query parameter; null when it is missing. The contract refuses repeated ones.
   */
  public String @Nullable [] query(String name) {
    return request.getParameterValues(name);
  }

  /**
   * Whether part of the query is not valid text. Tomcat drops such parameters, and only reports
   * here that it did.
   */
  boolean hasMalformedQuery() {
    return request.getAttribute(Globals.PARAMETER_PARSE_FAILED_ATTR) != null;
  }

  /** The names of the query parameters. */
  public Iterable<String> queryNames() {
    return request.getParameterMap().keySet();
  }

  /** The body as it arrived; empty when there was none. */
  public byte[] body() {
    return body;
  }

  HttpServletResponse response() {
    return response;
  }

  /** Sets a header of the answer, whether it succeeds or fails. */
  public void answerHeader(String name, String value) {
    response.setHeader(name, value);
  }

  /**
   * Whether the operation is known. It is not in the edge's first steps, nor on paths outside the
   * contract.
   */
  boolean hasOperation() {
    return operation != null;
  }

  /**
   * The operation of the contract.
   *
   * @throws IllegalStateException when there is no operation
   */
  public Operation operation() {
    if (operation == null) {
      throw new IllegalStateException("The call has no operation");
    }
    return operation;
  }

  void match(Operation matched) {
    this.operation = matched;
  }

  /** Whether the caller is known. */
  boolean hasPrincipal() {
    return principal != null;
  }

  /**
   * The caller.
   *
   * @throws IllegalStateException before authentication
   */
  public Principal principal() {
    if (principal == null) {
      throw new IllegalStateException("The call has no principal: nobody has authenticated it");
    }
    return principal;
  }

  /** Sets the caller; only for the authentication step. */
  public void identify(Principal caller) {
    this.principal = caller;
  }

  /**
   * Records the faults of the entries of a body whose entries are answered one by one, by index.
   */
  void faults(Map<Integer, List<FieldError>> byEntry) {
    this.entryFaults = byEntry;
  }

  /** The first faults of an entry of the body; empty for a valid one. */
  public List<FieldError> faultsOf(int entry) {
    return entryFaults.getOrDefault(entry, List.of());
  }

  /** Records that the caller's scopes allow the operation. */
  void authorize() {
    this.authorized = principal != null;
  }

  /** Records that the call is valid. It is admitted if its caller is allowed, too. */
  void admit() {
    this.admitted = operation().open() || authorized;
  }

  /** Whether the call has passed every step of admission. */
  boolean admitted() {
    return admitted;
  }

  /**
   * The tenant whose audit gets the call's entry: the tenant that the call acts on, otherwise the
   * caller's; null without either.
   */
  public @Nullable String tenant() {
    return concerned != null || principal == null ? concerned : principal.tenantId();
  }

  /** Sets the tenant that the call acts on, after checking that the caller may see it. */
  public void concerns(String tenantId) {
    this.concerned = tenantId;
  }

  /**
   * Sets the tenant that the call creates. The new tenant's audit begins with this call, if the
   * tenant is created.
   */
  public void makes(String tenantId) {
    this.made = tenantId;
  }

  /**
   * The tenant whose audit gets the entry that is written together with the call's effect: a
   * created tenant, otherwise {@link #tenant}.
   */
  @Nullable String tenantOnceWritten() {
    return made == null ? tenant() : made;
  }

  /**
   * Records the entry that was written together with the call's effect. No other entry may replace
   * it.
   */
  void written(AuditEntry entry) {
    this.written = entry;
  }

  /** The entry that was written together with the call's effect; null when there is none. */
  @Nullable AuditEntry written() {
    return written;
  }

  /**
   * Records that the effect may or may not have been written. From then on other entries get
   * another id, because they must not replace the entry that may exist.
   */
  void uncertain() {
    this.uncertain = true;
  }

  /** Sets the status of the answer, unless it is set already. */
  void decide(int status) {
    this.decided = decided == 0 ? status : decided;
  }

  /** The status of the answer, even when the client disconnected before it was sent. */
  OptionalInt decided() {
    if (refusal != null) {
      return OptionalInt.of(refusal.status());
    }
    return decided == 0 ? OptionalInt.empty() : OptionalInt.of(decided);
  }

  /** The id of the audit entry about the answer. */
  String answerEntryId() {
    return uncertain ? Ids.ulid() : entryId;
  }

  /** Sets the address of the created resource. */
  void made(String location) {
    this.answered = location;
  }

  /** The resource that the audit entry names: the created one, otherwise the path. */
  String resource() {
    return answered == null ? path() : answered;
  }

  /**
   * Records a refused key for the audit.
   *
   * @param tenantId the key's owner
   * @param reason in one word
   */
  public void refuseKey(@Nullable String tenantId, String keyId, String reason) {
    this.concerned = tenantId;
    this.refusedKey = keyId;
    this.reason = reason;
  }

  /**
   * Records the exact reason of a refusal for the audit, in one word. The caller does not see it.
   */
  public void because(@Nullable String word) {
    this.reason = word;
  }

  /** The id of the caller's key, even when the key was refused; null when there is none. */
  @Nullable String keyId() {
    return principal == null ? refusedKey : principal.keyId();
  }

  @Nullable String reason() {
    return reason;
  }

  /** The reason of the refusal; null when the call succeeded. */
  Problem.@Nullable Code refusal() {
    return refusal;
  }

  void refuse(Problem.Code code) {
    this.refusal = code;
  }
}
