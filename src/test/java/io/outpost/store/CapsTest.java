package io.outpost.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.outpost.blackbox.Client;
import io.outpost.blackbox.Customer;
import io.outpost.local.AtOnce;
import io.outpost.local.SharedOutpost;
import io.outpost.local.TwoApis;
import java.util.ArrayList;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Concurrent requests never create more keys or secrets than a tenant may have. */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class CapsTest {

  private static final int MOST = 100;

  private final TwoApis apis;
  private final Customer customer;
  private final String keys;

  CapsTest(TwoApis apis) {
    this.apis = apis;
    this.customer = Customer.of(apis.admin(), "pro");
    this.keys = customer.path("/api-keys");
  }

  @Test
  void aHundredLiveKeysAndNoMore() {
    var answers =
        AtOnce.times(
            150,
            i -> {
              var client = customer.client();
              return (i % 2 == 0 ? client : client.at(apis.second()))
                  .post(keys, "{\"name\":\"key " + i + "\"}");
            });
    var made = answers.stream().filter(a -> a.status() == 201).toList();
    // One key exists already; some requests fail because too many run at once.
    assertThat(made.size()).isLessThanOrEqualTo(MOST - 1);
    assertThat(answers).allSatisfy(a -> assertThat(a.status()).isIn(201, 409, 503));
    fill();
    var refused = customer.client().post(keys, "{\"name\":\"one more\"}");
    assertThat(refused.status()).isEqualTo(409);
    assertThat(refused.problem()).isEqualTo("limit-reached");
    assertThat(refused.text("detail")).contains("100 live API keys");
    assertThat(live()).isEqualTo(MOST);
    // A revoked key makes room for exactly one; a rotation needs no room.
    assertThat(customer.client().delete(keys + "/" + made.getFirst().text("key_id")).status())
        .isEqualTo(204);
    assertThat(customer.client().post(keys, "{\"name\":\"again\"}").status()).isEqualTo(201);
    assertThat(customer.client().post(keys, "{\"name\":\"again\"}").status()).isEqualTo(409);
    var rotate = keys + "/" + customer.keyId() + "/rotate";
    assertThat(customer.client().post(rotate, "{}").status()).isEqualTo(201);
  }

  @Test
  void aHundredSecretsAndNoMore() {
    for (int i = 0; i < MOST; i++) {
      assertThat(put(i).status()).as("secret " + i).isEqualTo(204);
    }
    var refused = put(MOST);
    assertThat(refused.status()).isEqualTo(409);
    assertThat(refused.problem()).isEqualTo("limit-reached");
    assertThat(put(7).status()).isEqualTo(204);
    assertThat(customer.client().delete(customer.path("/secrets/MINE_7")).status()).isEqualTo(204);
    assertThat(put(MOST).status()).isEqualTo(204);
    assertThat(put(MOST + 1).status()).isEqualTo(409);
    var listed = customer.client().get(customer.path("/secrets?limit=" + MOST)).json();
    assertThat(listed.get("data")).hasSize(MOST);
  }

  private Client.Answer put(int number) {
    return customer
        .client()
        .put(
            customer.path("/secrets/MINE_" + number),
            "{\"value\":\"a value\"}".replace("a v", "one v"));
  }

  private void fill() {
    var answer = customer.client().post(keys, "{\"name\":\"filling\"}");
    while (answer.status() == 201) {
      answer = customer.client().post(keys, "{\"name\":\"filling\"}");
    }
  }

  private long live() {
    var live = new ArrayList<String>();
    var cursor = "";
    do {
      var page = customer.client().get(keys + "?limit=100" + cursor).json();
      page.get("data")
          .valueStream()
          .filter(key -> key.get("revoked_at").isNull())
          .forEach(key -> live.add(key.get("key_id").asText()));
      cursor =
          page.get("next_cursor").isNull() ? "" : "&cursor=" + page.get("next_cursor").asText();
    } while (!cursor.isEmpty());
    return live.size();
  }
}
