package io.outpost.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.outpost.blackbox.Client;
import io.outpost.blackbox.Customer;
import io.outpost.jobs.EventReader.Event;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A job's event stream that is interrupted after any event resumes without gap or duplicate. */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class P24ResumedStreamTest {

  /** More output than one event carries, with multi-byte characters. */
  private static final String MUCH = "print 100k bytes grüße € and print 3 bytes";

  private final Client client;

  P24ResumedStreamTest(LocalOutpost outpost) {
    client = Customer.of(Client.of(outpost.address()).with(outpost.adminKey()), "pro").client();
  }

  @Test
  void anEndedJobIsToldWholeAndTheSameFromEveryEventOn() throws Exception {
    var job = client.submit("claude", MUCH);
    client.ended(job);
    List<Event> all;
    try (var reader = EventReader.open(client, job, null)) {
      assertThat(reader.status()).isEqualTo(200);
      assertThat(reader.header("Content-Type")).startsWith("text/event-stream");
      all = reader.rest();
    }
    assertThat(all).extracting(Event::name).endsWith("output", "job", "end");
    assertThat(statuses(all)).containsExactly("running", "succeeded");
    assertThat(output(all)).isEqualTo(client.get("/jobs/" + job + "/output").body());
    for (int i = 0; i < all.size() - 1; i++) {
      try (var reader = EventReader.open(client, job, all.get(i).id())) {
        assertThat(reader.rest()).isEqualTo(all.subList(i + 1, all.size()));
      }
    }
    try (var reader = EventReader.open(client, job, all.getLast().id())) {
      assertThat(reader.status()).isEqualTo(204);
    }
  }

  @Test
  void aRunningJobIsToldWholeToAClientThatIsCutAtEveryEvent() throws Exception {
    var job = client.submit("claude", "sleep 1 print 40k bytes sleep 1 print 1k bytes sleep 1 ü");
    var events = new ArrayList<Event>();
    while (events.isEmpty() || !events.getLast().name().equals("end")) {
      var last = events.isEmpty() ? null : events.getLast().id();
      try (var reader = EventReader.open(client, job, last)) {
        var event = reader.next();
        if (event != null) {
          events.add(event);
        }
      }
    }
    assertThat(output(events)).isEqualTo(client.get("/jobs/" + job + "/output").body());
    assertThat(statuses(events)).endsWith("running", "succeeded").doesNotHaveDuplicates();
    assertThat(events).extracting(Event::name).filteredOn("output"::equals).hasSizeGreaterThan(2);
  }

  @Test
  void aCancelledJobsLastWordsAreTold() throws Exception {
    var job = client.submit("claude", "print 1k bytes sleep 600");
    var events = new ArrayList<Event>();
    try (var reader = EventReader.open(client, job, null)) {
      while (events.isEmpty() || !events.getLast().name().equals("output")) {
        events.add(reader.next());
      }
      assertThat(client.delete("/jobs/" + job).status()).isEqualTo(200);
      events.addAll(reader.rest());
    }
    assertThat(statuses(events)).endsWith("running", "cancelled");
    assertThat(output(events)).isEqualTo(client.get("/jobs/" + job + "/output").body());
  }

  @Test
  void aHeadIsAnsweredAsItsGet() {
    var job = client.submit("claude", "Say hello");
    var head = client.json("HEAD", "/jobs/" + job + "/events", null);
    assertThat(head.status()).isEqualTo(200);
    assertThat(head.header("Content-Type")).startsWith("text/event-stream");
  }

  @Test
  void aMadeUpIdBeginsAtTheBeginning() throws Exception {
    var job = client.submit("claude", "Say hello");
    client.ended(job);
    try (var reader = EventReader.open(client, job, "made-up")) {
      assertThat(output(reader.rest())).isEqualTo(client.get("/jobs/" + job + "/output").body());
    }
  }

  /**
   * A released attempt and a redriven job run again with an attempt number that clients have seen
   * before.
   */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "running-1-1-1-6",
        "running-3-1-3-6",
        "pending-0-0-2-0",
        "pending-0-0-1-0",
        "dead_letter-3-0-4-0-end",
        "cancelled-1-1-1-6-end"
      })
  void aClientOfAnEarlierRunIsToldTheLatestOneWhole(String last) throws Exception {
    var job = client.submit("claude", "Say hello");
    client.ended(job);
    try (var reader = EventReader.open(client, job, last)) {
      var events = reader.rest();
      assertThat(statuses(events)).containsExactly("running", "succeeded");
      assertThat(output(events)).isEqualTo(client.get("/jobs/" + job + "/output").body());
    }
  }

  /** Joins the pieces; each must start where the previous one ended. */
  private static String output(List<Event> events) {
    var output = new ByteArrayOutputStream();
    for (var event : events) {
      if (event.name().equals("output")) {
        assertThat(event.data().get("offset").asInt()).isEqualTo(output.size());
        assertThat(event.data().get("attempt").asInt()).isEqualTo(1);
        output.writeBytes(event.bytes());
      }
    }
    return output.toString(StandardCharsets.UTF_8);
  }

  private static List<String> statuses(List<Event> events) {
    return events.stream()
        .filter(event -> event.name().equals("job"))
        .map(event -> event.data().get("status").asText())
        .toList();
  }
}
