package io.outpost.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.jwk.JWKSet;
import io.micrometer.core.instrument.MeterRegistry;
import io.outpost.blackbox.Client;
import io.outpost.blackbox.Customer;
import io.outpost.local.EmbeddedAws;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Signing keys of receipts are rotated one after the other, and the loss of one leaves the others
 * valid.
 */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class ReceiptKeysTest {

  @Test
  void theKeysThatCanBeReadAreThereThoughAnotherIsGone(EmbeddedAws aws) throws Exception {
    var good = (String) aws.endpoints().settings().get("outpost.receipts.kms-keys");
    var gone = good.replaceFirst(".$", "9");
    for (var keys : Stream.of(good + "," + gone, gone + "," + good).toList()) {
      var settings =
          Map.<String, Object>of(
              "server.port",
              0,
              "outpost.env",
              "keys-of-receipts",
              "outpost.receipts.kms-keys",
              keys);
      try (var outpost = LocalOutpost.on(aws.endpoints(), "api", settings)) {
        var anybody = Client.of(outpost.address());
        for (int i = 0; i < 3; i++) {
          var published = anybody.get("/.well-known/jwks.json");
          assertThat(published.status()).as(keys + published).isEqualTo(200);
          assertThat(JWKSet.parse(published.body()).getKeys()).hasSize(1);
        }
        var tries =
            outpost
                .context()
                .getBean(MeterRegistry.class)
                .get("outpost.receipts.keys.unreadable")
                .counter();
        assertThat(tries.count()).isEqualTo(1);
        // Only the first key signs.
        var customer = Customer.of(anybody.with(outpost.adminKey()), "pro").client();
        var job = customer.submit("{\"agent\":\"claude\",\"command\":\"Hi\"}");
        customer.delete("/jobs/" + job);
        var receipt = customer.get("/jobs/" + job + "/receipt");
        if (keys.startsWith(gone)) {
          assertThat(receipt.status()).isGreaterThanOrEqualTo(500);
        } else {
          var jws = JWSObject.parse(receipt.body());
          var set = JWKSet.parse(anybody.get("/.well-known/jwks.json").body());
          var key = set.getKeyByKeyId(jws.getHeader().getKeyID()).toECKey();
          assertThat(jws.verify(new ECDSAVerifier(key))).isTrue();
        }
      }
    }
  }
}
