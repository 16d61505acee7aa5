package io.outpost.billing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Lists at Stripe are read page by page to their end. */
class StripePagesTest {

  private final StripePages pages = new StripePages(new ObjectMapper());

  @Test
  void theNextPageBeginsAfterTheLastEntry() {
    var page = "{\"data\":[{\"id\":\"a\"},{\"id\":\"b\"}],\"has_more\":true}";
    assertThat(pages.hasMore(page)).isTrue();
    assertThat(pages.last(page)).isEqualTo("b");
    assertThat(pages.next(StripeCall.get("/v1/x", "limit=2"), page).query())
        .isEqualTo("limit=2&starting_after=b");
  }

  /** Otherwise the first page would be asked for again and again. */
  @Test
  void noPageFollowsAnEmptyOne() {
    var page = "{\"data\":[],\"has_more\":true}";
    assertThat(pages.hasMore(page)).isFalse();
    assertThat(pages.last(page)).isNull();
  }

  /** Events would be taken for applied, and customers for missing. */
  @ParameterizedTest
  @ValueSource(strings = {"{}", "[]", "null", "{\"data\":{}}", "<html>", ""})
  void anAnswerThatIsNoListIsNotAnEmptyOne(String answer) {
    assertThatThrownBy(() -> pages.hasMore(answer)).isInstanceOf(StripeAnswers.Unreadable.class);
    assertThatThrownBy(() -> pages.last(answer)).isInstanceOf(StripeAnswers.Unreadable.class);
    assertThatThrownBy(() -> pages.isCut(answer)).isInstanceOf(StripeAnswers.Unreadable.class);
  }
}
