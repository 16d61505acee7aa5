package io.outpost.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.sns.model.InvalidParameterException;
import software.amazon.awssdk.services.sns.model.NotFoundException;

@Tag("product")
class SnsEmulatorTest {

  @Test
  void whatIsPublishedCanBeSeen() {
    try (var aws = EmbeddedAws.start(Optional.empty());
        var clients = aws.clients()) {
      String topic = clients.sns().createTopic(t -> t.name("notices")).topicArn();
      assertThat(clients.sns().createTopic(t -> t.name("notices")).topicArn()).isEqualTo(topic);
      assertThat(clients.sns().listTopics().topics()).hasSize(1);
      String text = "Quota: 80 % & <more>\n\"é\"";
      clients.sns().publish(p -> p.topicArn(topic).subject("Quota").message(text));
      clients.sns().publish(p -> p.topicArn(topic).message("second"));
      assertThat(aws.published())
          .containsExactly(
              new Notice(topic, Optional.of("Quota"), text),
              new Notice(topic, Optional.empty(), "second"));
      assertThatExceptionOfType(NotFoundException.class)
          .isThrownBy(() -> clients.sns().publish(p -> p.topicArn(topic + "x").message("m")));
      assertThatExceptionOfType(InvalidParameterException.class)
          .isThrownBy(() -> clients.sns().createTopic(t -> t.name("no spaces")));
    }
  }
}
