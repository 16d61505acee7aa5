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
import java.util.regex.Pattern;
import org.apache.catalina.Globals;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP request: the facts that the edge took from it, and what was found out about it on the
 * way (the operation, the caller). Lives as long as the request; used by one thread at a time.
 */
public final class Call implements LogSubject {

  /** The request attribute, and the exchange property, that holds the call. */
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
    // Read now: what goes on beside the request outlives it, and the server takes it back then.
    this.span =
        request.getAttribute(Tracing.SPAN) instanceof Span given ? given : Span.getInvalid();
  }

  /** The request's id as its caller gave it, when it is well formed; else another. */
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

  /** The id of this call's audit entry, wherever it is written. */
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

  /** Whether the caller gets to see the answer's body: not after a HEAD. */
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

  /** At most 256 characters of it; null when there is none. */
  public @Nullable String userAgent() {
    var agent = request.getHeader("User-Agent");
    return agent == null || agent.length() <= LONGEST_USER_AGENT
        ? agent
        : agent.substring(0, LONGEST_USER_AGENT);
  }

  /** The W3C trace context of the caller, when it is well formed. */
  static Optional<String> traceParent(HttpServletRequest request) {
    return Optional.ofNullable(request.getHeader("traceparent"))
        .filter(t -> TRACE_PARENT.matcher(t).matches())
        .filter(t -> Tracing.remote(t).getSpanContext().isValid());
  }

  /** The W3C trace context for what the call makes: of its own span, where it has one. */
  public Optional<String> traceParent() {
    return Tracing.context(span());
  }

  /**
   * The caller's W3C trace context where no span of ours continues it. It is for the caller's own
   * agents: what it says of sampling decides nothing of ours.
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

  /** A query parameter; null when there is none; a repeated one is refused by the contract. */
  public String @Nullable [] query(String name) {
    return request.getParameterValues(name);
  }

  /** Whether a part of the query is no text: Tomcat leaves it out, and says so here. */
  boolean hasMalformedQuery() {
    return request.getAttribute(Globals.PARAMETER_PARSE_FAILED_ATTR) != null;
  }

  /** The names of the query parameters. */
  public Iterable<String> queryNames() {
    return request.getParameterMap().keySet();
  }

  /** The body as it came; empty when there was none. */
  public byte[] body() {
    return body;
  }

  HttpServletResponse response() {
    return response;
  }

  /** Sets a header of the answer, whatever the answer will be. */
  public void answerHeader(String name, String value) {
    response.setHeader(name, value);
  }

  /** Whether it is known what is asked for: not before the edge, nor on other paths. */
  boolean hasOperation() {
    return operation != null;
  }

  /**
   * The operation of the contract.
   *
   * @throws IllegalStateException while, or when, there is none
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

  /** Whether it is known who is calling. */
  boolean hasPrincipal() {
    return principal != null;
  }

  /**
   * Who is calling.
   *
   * @throws IllegalStateException while, or when, nobody is known
   */
  public Principal principal() {
    if (principal == null) {
      throw new IllegalStateException("The call has no principal: nobody has authenticated it");
    }
    return principal;
  }

  /** Remembers who is calling; for the authentication step only. */
  public void identify(Principal caller) {
    this.principal = caller;
  }

  /** Notes what is wrong with entries of the body that are answered one by one, by index. */
  void faults(Map<Integer, List<FieldError>> byEntry) {
    this.entryFaults = byEntry;
  }

  /** What is wrong with an entry of the body, the first faults; empty when nothing is. */
  public List<FieldError> faultsOf(int entry) {
    return entryFaults.getOrDefault(entry, List.of());
  }

  /** Notes that the caller's scopes allow the operation. */
  void authorize() {
    this.authorized = principal != null;
  }

  /** Notes that the call is well formed: it is admitted, if its caller may do that. */
  void admit() {
    this.admitted = operation().open() || authorized;
  }

  /** Whether the call has passed every step of admission. */
  boolean admitted() {
    return admitted;
  }

  /**
   * Whose audit the call belongs to: the tenant it acts on, else the caller's; null for neither.
   */
  public @Nullable String tenant() {
    return concerned != null || principal == null ? concerned : principal.tenantId();
  }

  /** Says which tenant the call acts on, once it is known that the caller may see it. */
  public void concerns(String tenantId) {
    this.concerned = tenantId;
  }

  /** Says which tenant the call makes: its audit begins with this call, if it is written. */
  public void makes(String tenantId) {
    this.made = tenantId;
  }

  /** The tenant whose audit gets the entry that is written with the call's effect; or null. */
  @Nullable String tenantOnceWritten() {
    return made == null ? tenant() : made;
  }

  /** What the call does is written now, together with this entry: nothing later changes it. */
  void written(AuditEntry entry) {
    this.written = entry;
  }

  /** The entry that was written with the call's effect; null when there is none. */
  @Nullable AuditEntry written() {
    return written;
  }

  /**
   * Whether the effect was written, nobody knows: an entry that says otherwise must not take the
   * place of the one that may be there.
   */
  void uncertain() {
    this.uncertain = true;
  }

  /** What the call is answered with, as the first that answers it says. */
  void decide(int status) {
    this.decided = decided == 0 ? status : decided;
  }

  /** The status that the call was answered with, or would have been, had its client waited. */
  OptionalInt decided() {
    if (refusal != null) {
      return OptionalInt.of(refusal.status());
    }
    return decided == 0 ? OptionalInt.empty() : OptionalInt.of(decided);
  }

  /** The id of the entry that tells how the call was answered. */
  String answerEntryId() {
    return uncertain ? Ids.ulid() : entryId;
  }

  /** Says where what the call made lives. */
  void made(String location) {
    this.answered = location;
  }

  /** What the call is about: what it made, else its path. */
  String resource() {
    return answered == null ? path() : answered;
  }

  /**
   * Notes whose key was refused, for the audit.
   *
   * @param reason a word
   */
  public void refuseKey(@Nullable String tenantId, String keyId, String reason) {
    this.concerned = tenantId;
    this.refusedKey = keyId;
    this.reason = reason;
  }

  /** Notes what a refusal does not tell the caller in as many words, for the audit; a word. */
  public void because(@Nullable String word) {
    this.reason = word;
  }

  /** The id of the key that came with the call, good or not; null when there was none. */
  @Nullable String keyId() {
    return principal == null ? refusedKey : principal.keyId();
  }

  @Nullable String reason() {
    return reason;
  }

  /** Why it was not done; null when it was. */
  Problem.@Nullable Code refusal() {
    return refusal;
  }

  void refuse(Problem.Code code) {
    this.refusal = code;
  }
}
