package io.outpost.webhooks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.outpost.event.Event;
import io.outpost.event.EventType;
import io.outpost.kernel.Ids;
import io.outpost.kernel.Problem;
import io.outpost.telemetry.SilentTelemetry;
import io.outpost.tenant.Tier;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A tenant's webhook address never leads into our network: neither by its host, nor by DNS at any
 * moment, nor by a redirect.
 */
class P20NoWayInsideTest {

  private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

  private final Receiver inside = new Receiver();

  P20NoWayInsideTest() throws IOException {}

  @AfterEach
  void close() {
    inside.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://hooks.example.com/",
        "ftp://hooks.example.com/",
        "file:///etc/passwd",
        "https:///x",
        "//hooks.example.com/",
        "hooks.example.com",
        "https://user@hooks.example.com/",
        "https://user:pw@hooks.example.com/",
        "https://hooks.example.com@10.0.0.1/",
        "https://hooks.example.com/#part",
        "https://hooks.example.com:22/",
        "https://hooks.example.com:80/",
        "https://hooks.example.com:8443/",
        "https://hooks.example.com:65536/",
        "https://localhost/",
        "https://localhost./",
        "https://LOCALHOST:8443/",
        "https://a.localhost/",
        "https://printer/",
        "https://db.internal/",
        "https://metadata.google.internal/",
        "https://printer.local/",
        "https://1.0.0.127.in-addr.arpa/",
        "https://127.0.0.1/",
        "https://127.0.0.1./",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.0.0.1/",
        "https://0177.0.0.1/",
        "https://010.0.0.1/",
        "https://127.0.0.0x1/",
        "https://hooks.example.com.0x7f/",
        "https://0.0.0.0/",
        "https://10.1.2.3/",
        "https://100.64.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://169.254.170.2/",
        "https://172.16.0.1/",
        "https://172.31.255.255/",
        "https://192.168.1.1/",
        "https://192.0.0.1/",
        "https://192.88.99.1/",
        "https://198.18.0.1/",
        "https://203.0.113.9/",
        "https://224.0.0.1/",
        "https://240.0.0.1/",
        "https://255.255.255.255/",
        "https://999.1.1.1/",
        "https://[::]/",
        "https://[::1]/",
        "https://[::127.0.0.1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:a00:1]/",
        "https://[::ffff:0:10.0.0.1]/",
        "https://[64:ff9b::a00:1]/",
        "https://[64:ff9b::10.0.0.1]/",
        "https://[64:ff9b:1::1]/",
        "https://[100::1]/",
        "https://[2001::1]/",
        "https://[2001:db8::1]/",
        "https://[2002:7f00:1::]/",
        "https://[2002:a00:1::]/",
        "https://[3fff::1]/",
        "https://[5f00::1]/",
        "https://[fc00::1]/",
        "https://[fd00:ec2::254]/",
        "https://[fe80::1]/",
        "https://[fe80::1%25eth0]/",
        "https://[fec0::1]/",
        "https://[ff02::1]/",
        "https://%6c%6f%63%61%6c%68%6f%73%74/",
        "https://hooks_.example.com\\@10.0.0.1/",
        "https://①②⑦.0.0.1/",
        "https://hooks.example.com /",
        ""
      })
  void suchAnAddressIsRefused(String url) {
    assertThatThrownBy(() -> destinations(false).check(url))
        .isInstanceOf(Problem.class)
        .hasMessageNotContaining("pw");
  }

  @ParameterizedTest
  @CsvSource({
    "https://bücher.example/, xn--",
    "https://my_hooks.example.com/, xn--",
    "https://user@hooks.example.com/, no user name",
    "https:///hook, a host"
  })
  void theRefusalOfAHostNamesItsFault(String url, String fault) {
    assertThatThrownBy(() -> destinations(false).check(url)).hasMessageContaining(fault);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://hooks.example.com",
        "https://hooks.example.com:443/a?b=c",
        "https://8.8.8.8/",
        "https://172.32.0.1/",
        "https://[2606:4700::1111]/",
        "https://xn--bcher-kva.example/",
        "https://4chan.example/"
      })
  void anAddressOutsideIsTaken(String url) {
    assertThat(destinations(false).check(url)).isEqualTo(URI.create(url));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"http://127.0.0.1:4711/", "http://localhost:4711/x", "https://[::1]:4711/"})
  void loopbackIsTakenWhereThatIsAllowed(String url) {
    assertThat(destinations(true).check(url)).isEqualTo(URI.create(url));
    assertThatThrownBy(() -> destinations(true).check("https://10.0.0.1/"))
        .isInstanceOf(Problem.class);
    assertThatThrownBy(() -> destinations(true).check("http://169.254.169.254/"))
        .isInstanceOf(Problem.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "127.0.0.1",
        "10.0.0.1",
        "169.254.169.254",
        "::1",
        "fd00:ec2::254",
        "2002:7f00:1::"
      })
  void aNameThatLeadsInsideIsNotConnectedTo(String address) throws IOException {
    var sender = sender(false, host -> new InetAddress[] {InetAddress.getByName(address)});
    var answer = sender.send(to("http://hooks.example.com:" + inside.port() + "/"));
    assertThat(answer.statusCode()).isNull();
    assertThat(answer.error()).contains("not sent to").doesNotContain(address);
    assertThat(inside.got()).isEmpty();
  }

  /** A host with one internal address among public ones is refused. */
  @Test
  void aNameThatLeadsInsideAmongOthersIsNotConnectedTo() throws IOException {
    var mixed = new InetAddress[] {InetAddress.getByName("8.8.8.8"), LOOPBACK};
    var answer =
        sender(false, host -> mixed).send(to("http://hooks.example.com:" + inside.port() + "/"));
    assertThat(answer.error()).contains("not sent to");
    assertThat(inside.got()).isEmpty();
  }

  /** An internal IP address in the table, as if the check had accepted it. */
  @Test
  void aLiteralIsJudgedAgainWhenItIsConnectedTo() throws IOException {
    var answer = sender(false, InetAddress::getAllByName).send(to(inside.url("/")));
    assertThat(answer.statusCode()).isNull();
    assertThat(inside.got()).isEmpty();
  }

  /**
   * The connection uses the checked IP address without another DNS query, and sends the host's
   * name.
   */
  @Test
  void theAddressThatWasJudgedIsConnectedTo() throws IOException {
    var asked = new AtomicInteger();
    var sender =
        sender(
            true,
            host ->
                asked.incrementAndGet() == 1
                    ? new InetAddress[] {LOOPBACK}
                    : new InetAddress[] {InetAddress.getByName("10.0.0.1")});
    var answer = sender.send(to("http://hooks.example.com:" + inside.port() + "/"));
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(asked).hasValue(1);
    assertThat(inside.hosts()).containsExactly("hooks.example.com:" + inside.port());
  }

  @ParameterizedTest
  @ValueSource(ints = {301, 302, 303, 307, 308})
  void aRedirectIsAnAnswer(int status) throws IOException {
    inside.answer(got -> new Receiver.Reply(status, "", "Location", inside.url("/secret")));
    var answer = sender(true, InetAddress::getAllByName).send(to(inside.url("/")));
    assertThat(answer.statusCode()).isEqualTo(status);
    assertThat(answer.isSuccess()).isFalse();
    assertThat(inside.got()).extracting(Receiver.Got::path).containsExactly("/");
  }

  @Test
  void theProxyOfTheProcessIsNotAsked() throws IOException {
    var asked = new CopyOnWriteArrayList<URI>();
    var before = ProxySelector.getDefault();
    ProxySelector.setDefault(
        new ProxySelector() {
          @Override
          public List<Proxy> select(URI uri) {
            if (uri.toString().contains("" + inside.port())) {
              asked.add(uri);
            }
            return List.of(Proxy.NO_PROXY);
          }

          @Override
          public void connectFailed(URI uri, SocketAddress address, IOException e) {}
        });
    try {
      var answer = sender(true, InetAddress::getAllByName).send(to(inside.url("/")));
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(asked).isEmpty();
    } finally {
      ProxySelector.setDefault(before);
    }
  }

  /** Endless and dripping answers are cut off. */
  @ParameterizedTest
  @ValueSource(strings = {"HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nX-Drip: "})
  void anAnswerWithoutAnEndIsCut(String beginning) throws Exception {
    var cut = new CountDownLatch(1);
    try (var server = new ServerSocket(0, 1, LOOPBACK)) {
      Thread.ofVirtual()
          .start(
              () -> {
                try (var socket = server.accept()) {
                  InputStream in = socket.getInputStream();
                  assertThat(in.read()).isPositive();
                  var out = socket.getOutputStream();
                  out.write(beginning.getBytes(StandardCharsets.US_ASCII));
                  while (true) {
                    out.write("a".repeat(100).getBytes(StandardCharsets.US_ASCII));
                    out.flush();
                  }
                } catch (IOException e) {
                  cut.countDown();
                }
              });
      var answer =
          impatient(InetAddress::getAllByName)
              .send(to("http://127.0.0.1:" + server.getLocalPort() + "/"));
      cut.await();
      assertThat(answer.body() == null || answer.body().length() == 4096).isTrue();
    }
  }

  /** An endpoint that accepts the connection and never answers is given up after the timeout. */
  @Test
  void silenceIsAnErrorInTime() throws Exception {
    try (var server = new ServerSocket()) {
      server.bind(new InetSocketAddress(LOOPBACK, 0));
      var answer =
          impatient(InetAddress::getAllByName)
              .send(to("http://127.0.0.1:" + server.getLocalPort() + "/"));
      assertThat(answer.statusCode()).isNull();
      assertThat(answer.error()).contains("in time");
    }
  }

  @Test
  void aNameServerThatDoesNotAnswerHoldsNobody() {
    var never = new CountDownLatch(1);
    var sender =
        impatient(
            host -> {
              try {
                never.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
              throw new UnknownHostException(host);
            });
    assertThat(sender.send(to("http://hooks.example.com/")).error()).contains("in time");
    never.countDown();
  }

  private static Destinations destinations(boolean loopback) {
    return new Destinations(settings(loopback));
  }

  private static Sender sender(boolean loopback, Destinations.Lookup lookup) {
    var settings = settings(loopback);
    return new Sender(new Destinations(settings, lookup), settings, SilentTelemetry.calls());
  }

  /** A sender with short timeouts. */
  private static Sender impatient(Destinations.Lookup lookup) {
    var settings = settings(true, Duration.ofSeconds(1));
    return new Sender(new Destinations(settings, lookup), settings, SilentTelemetry.calls());
  }

  private static WebhookSettings settings(boolean loopback) {
    return settings(loopback, Duration.ofSeconds(30));
  }

  private static WebhookSettings settings(boolean loopback, Duration patience) {
    return new WebhookSettings(
        Map.of(Tier.FREE, 20),
        loopback,
        List.of(Duration.ofSeconds(1)),
        Duration.ofDays(5),
        patience,
        patience,
        patience,
        5,
        10);
  }

  private static Outgoing to(String url) {
    var tenant = Ids.uuid();
    var now = Instant.now();
    var endpoint =
        new Endpoint(
            Ids.ulid(),
            tenant,
            url,
            List.of(EventType.PING),
            null,
            Endpoint.Status.enabled,
            now,
            now,
            null,
            null,
            List.of());
    var event = new Event(tenant, Ids.ulid(), EventType.PING, now, "{}", null, null);
    var delivery = Delivery.fresh(endpoint, event, Ids.ulid(), now);
    return new Outgoing(endpoint, delivery, event, Map.of("webhook-id", event.eventId()));
  }
}
