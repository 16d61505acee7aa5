package io.outpost.webhooks;

import io.outpost.telemetry.HttpCalls;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.Proxy;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.apache.camel.ExchangeProperty;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.BasicHttpClientConnectionManager;
import org.apache.hc.client5.http.impl.io.DefaultHttpClientConnectionOperator;
import org.apache.hc.client5.http.impl.io.ManagedHttpClientConnectionFactory;
import org.apache.hc.client5.http.io.ManagedHttpClientConnection;
import org.apache.hc.client5.http.ssl.DefaultClientTlsStrategy;
import org.apache.hc.client5.http.ssl.TlsSocketStrategy;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.config.Registry;
import org.apache.hc.core5.http.config.RegistryBuilder;
import org.apache.hc.core5.http.io.HttpConnectionFactory;
import org.apache.hc.core5.http.io.SocketConfig;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * The step that sends a delivery: one request on a connection of its own, to an address that {@link
 * Destinations} has checked, without a proxy. Redirects are not followed. The answer is limited in
 * time and size. Thread-safe.
 */
@Component("deliverySender")
public class Sender {

  private static final int BODY = 4096;
  private static final int MOST_HEADERS = 50;
  private static final int MOST_LINES = 200;
  private static final int LONGEST_HEADER = 256;
  private static final Duration LONGEST_REST = Duration.ofHours(24);

  private static final HttpConnectionFactory<ManagedHttpClientConnection> BOUNDED =
      ManagedHttpClientConnectionFactory.builder()
          .http1Config(
              Http1Config.custom().setMaxLineLength(8192).setMaxHeaderCount(MOST_LINES).build())
          .build();

  private final Destinations destinations;
  private final WebhookSettings settings;
  private final HttpCalls calls;
  private final Registry<TlsSocketStrategy> tls;
  private final ScheduledExecutorService deadlines =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("webhook-deadline").factory());

  Sender(Destinations destinations, WebhookSettings settings, HttpCalls calls) {
    this.calls = calls;
    this.destinations = destinations;
    this.settings = settings;
    this.tls =
        RegistryBuilder.<TlsSocketStrategy>create()
            .register("https", DefaultClientTlsStrategy.createDefault())
            .build();
  }

  /** Sends a delivery. Every failure is returned as an answer, too. */
  public Answer send(@ExchangeProperty("outgoing") Outgoing outgoing) {
    var at = Instant.now();
    var began = System.nanoTime();
    try {
      return receive(outgoing, at, began);
    } catch (IOException | IllegalArgumentException e) {
      return new Answer(at, since(began), null, said(e, since(began)), Map.of(), null, null);
    }
  }

  private Answer receive(Outgoing outgoing, Instant at, long began) throws IOException {
    var request = new HttpPost(URI.create(URI.create(outgoing.endpoint().url()).toASCIIString()));
    outgoing.headers().forEach(request::setHeader);
    request.setEntity(
        new ByteArrayEntity(
            outgoing.event().payload().getBytes(StandardCharsets.UTF_8),
            ContentType.APPLICATION_JSON));
    var client = client();
    var deadline =
        deadlines.schedule(
            () -> {
              request.cancel();
              client.close(CloseMode.IMMEDIATE);
            },
            settings.totalTimeout().toMillis(),
            TimeUnit.MILLISECONDS);
    try {
      var response = client.executeOpen(null, request, null);
      var body = body(response);
      return new Answer(
          at,
          since(began),
          response.getCode(),
          null,
          headers(response),
          body,
          retryAfter(response));
    } finally {
      deadline.cancel(false);
      // Closes at once, without reading the rest of a long answer.
      client.close(CloseMode.IMMEDIATE);
    }
  }

  private CloseableHttpClient client() {
    var connections =
        new BasicHttpClientConnectionManager(
            new DefaultHttpClientConnectionOperator(
                proxy -> new Socket(Proxy.NO_PROXY), null, destinations, tls),
            BOUNDED);
    connections.setConnectionConfig(
        ConnectionConfig.custom()
            .setConnectTimeout(Timeout.of(settings.connectTimeout()))
            .setSocketTimeout(Timeout.of(settings.responseTimeout()))
            .build());
    connections.setSocketConfig(
        SocketConfig.custom().setSoTimeout(Timeout.of(settings.responseTimeout())).build());
    return HttpClients.custom()
        .addExecInterceptorFirst("telemetry", calls.to("webhook"))
        .setConnectionManager(connections)
        .setDefaultRequestConfig(
            RequestConfig.custom()
                .setResponseTimeout(Timeout.of(settings.responseTimeout()))
                .setExpectContinueEnabled(false)
                .setProtocolUpgradeEnabled(false)
                .setRedirectsEnabled(false)
                .build())
        .disableRedirectHandling()
        .disableAutomaticRetries()
        .disableCookieManagement()
        .disableContentCompression()
        .disableAuthCaching()
        .build();
  }

  private static String body(ClassicHttpResponse response) throws IOException {
    if (response.getEntity() == null) {
      return "";
    }
    InputStream content = response.getEntity().getContent();
    return new String(content.readNBytes(BODY), StandardCharsets.UTF_8);
  }

  private static Map<String, String> headers(ClassicHttpResponse response) {
    var headers = new LinkedHashMap<String, String>();
    for (Header header : response.getHeaders()) {
      if (headers.size() < MOST_HEADERS) {
        headers.merge(
            shortened(header.getName().toLowerCase(Locale.ROOT)),
            shortened(header.getValue() == null ? "" : header.getValue()),
            (one, other) -> shortened(one + ", " + other));
      }
    }
    return headers;
  }

  private static String shortened(String text) {
    return text.length() <= LONGEST_HEADER ? text : text.substring(0, LONGEST_HEADER);
  }

  /** The time in Retry-After, which is a number of seconds or a date; at most a day from now. */
  private static @Nullable Instant retryAfter(ClassicHttpResponse response) {
    var header = response.getFirstHeader("Retry-After");
    if (header == null || header.getValue() == null || response.getCode() < 300) {
      return null;
    }
    var now = Instant.now();
    var value = header.getValue().strip();
    try {
      var wanted =
          value.length() <= 9 && value.chars().allMatch(Character::isDigit) && !value.isEmpty()
              ? now.plusSeconds(Long.parseLong(value))
              : ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
      var latest = now.plus(LONGEST_REST);
      return wanted.isAfter(latest) ? latest : wanted.isBefore(now) ? null : wanted;
    } catch (DateTimeException e) {
      return null;
    }
  }

  private static Duration since(long began) {
    return Duration.ofNanos(System.nanoTime() - began);
  }

  /**
   * Why there was no answer, in our own words, because an exception's message may reveal internal
   * details.
   */
  private @Nullable String said(Exception e, Duration took) {
    if (took.compareTo(settings.totalTimeout()) >= 0) {
      return "The answer was not complete in time.";
    }
    return switch (e) {
      case Destinations.Refused refused -> refused.getMessage();
      case SSLException ssl -> "TLS failed: the certificate must be valid for the host.";
      case ConnectException refused -> "The connection was refused or not made in time.";
      case InterruptedIOException timeout -> "There was no answer in time.";
      default -> "The connection broke before an answer came.";
    };
  }
}
