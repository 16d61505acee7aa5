package io.outpost.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.outpost.kernel.Ids;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every action of the product is in docs/audit.md, and its entry keeps all metadata listed there.
 */
class AuditActionsTest {

  private static final Path PAGE = Path.of("docs/audit.md");
  private static final String BEGIN = "<!-- made from AuditAction -->\n";
  private static final String END = "<!-- end -->";

  /**
   * To rewrite the page's table, run {@code mvn test -Dtest=AuditActionsTest
   * -Dsurefire.args=-Doutpost.write-docs=true}.
   */
  @Test
  void thePageIsMadeFromTheList() throws IOException {
    var page = Files.readString(PAGE);
    var begin = page.indexOf(BEGIN) + BEGIN.length();
    var end = page.indexOf(END);
    if (Boolean.getBoolean("outpost.write-docs")) {
      Files.writeString(PAGE, page.substring(0, begin) + table() + page.substring(end));
    } else {
      assertThat(page.substring(begin, end)).isEqualTo(table());
    }
  }

  private static String table() {
    return Stream.of(AuditAction.values())
        .map(
            action ->
                "| `%s` | %s | %s |\n"
                    .formatted(
                        action.word(),
                        action.text(),
                        new TreeSet<>(action.metadata())
                            .stream()
                                .map(name -> "`" + name + "`")
                                .collect(Collectors.joining(", "))))
        .collect(
            Collectors.joining("", "| action | means | metadata |\n| --- | --- | --- |\n", ""));
  }

  @ParameterizedTest
  @EnumSource
  void anEntryKeepsAllThatItsActionLists(AuditAction action) {
    var metadata = new TreeMap<String, String>();
    action.metadata().forEach(name -> metadata.put(name, "It's 100 % – in_1 (twice)!"));
    assertThat(entry(action, metadata).metadata()).isEqualTo(metadata);
  }

  @Test
  void whatAnActionDoesNotListIsRefusedAndNotLost() {
    assertThatThrownBy(() -> entry(AuditAction.QUOTA_80, Map.of("email", "a@example.com")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("QUOTA_80");
  }

  /** A control character in a value could forge lines wherever entries are printed. */
  @Test
  void aValueWithControlCharactersIsDropped() {
    assertThat(entry(AuditAction.JOB_VOIDED, Map.of("way", "credit", "reason", "a\nb")).metadata())
        .isEqualTo(Map.of("way", "credit"));
  }

  @Test
  void anEventOfStripeIsNamedAfterItsType() {
    assertThat(ofStripe("invoice.paid").action()).isEqualTo("stripe.invoice.paid");
    assertThat(ofStripe("no action!").action()).isEqualTo("stripe.other");
  }

  private static AuditEntry ofStripe(String type) {
    return AuditEntry.ofStripe(
        Ids.OPERATORS, Instant.EPOCH, type, "/stripe/events/evt_1", Map.of());
  }

  private static AuditEntry entry(AuditAction action, Map<String, String> metadata) {
    return action == AuditAction.STRIPE_EVENT
        ? AuditEntry.ofStripe(Ids.OPERATORS, Instant.EPOCH, "x", "/x", metadata)
        : AuditEntry.own(
            Ids.OPERATORS, Instant.EPOCH, action, "/x", AuditEntry.Outcome.allowed, metadata);
  }
}
