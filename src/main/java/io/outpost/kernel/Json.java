package io.outpost.kernel;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.cfg.MutableCoercionConfig;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.type.LogicalType;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.io.IOException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import org.jspecify.annotations.Nullable;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * The JSON of answers, messages and stored items: snake_case, RFC 3339 UTC times with milliseconds,
 * strict reading.
 */
@Configuration
public class Json {

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

  /** An instant in the form of answers and table items. Such texts sort by time. */
  public static String time(Instant instant) {
    return TIME.format(instant);
  }

  /** The mapper for all JSON. Thread-safe. */
  @Bean
  public static ObjectMapper objectMapper() {
    var strict =
        new SimpleModule("strict")
            .addSerializer(Instant.class, new InstantWriter())
            .addDeserializer(Instant.class, new InstantReader())
            .addDeserializer(Integer.class, new IntegerReader(false))
            .addDeserializer(int.class, new IntegerReader(true));
    // Buffers are pooled, because each request has a new thread, which would allocate new ones.
    var factory =
        JsonFactory.builder().recyclerPool(JsonRecyclerPools.newConcurrentDequePool()).build();
    return JsonMapper.builder(factory)
        .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
        .addModules(new JavaTimeModule(), strict)
        .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
        .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
        .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
        .enable(DeserializationFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
        .disable(JsonParser.Feature.INCLUDE_SOURCE_IN_LOCATION)
        .enable(JsonGenerator.Feature.COMBINE_UNICODE_SURROGATES_IN_UTF8)
        .withCoercionConfig(LogicalType.Textual, Json::refuseScalars)
        .build();
  }

  /** Refuses numbers and booleans where a text is required. */
  private static void refuseScalars(MutableCoercionConfig texts) {
    texts
        .setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
        .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
        .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail);
  }

  /** Reads times. They must be texts with an offset; numbers are refused. */
  private static final class InstantReader extends JsonDeserializer<Instant> {
    @Override
    public Instant deserialize(JsonParser in, DeserializationContext context) throws IOException {
      var text = in.hasToken(JsonToken.VALUE_STRING) ? in.getText() : "";
      var time = Times.parse(text);
      return time.isPresent()
          ? time.get()
          : context.reportInputMismatch(
              Instant.class, "A time must be RFC 3339, from 1970 to 9999");
    }
  }

  /**
   * Reads integers as JSON Schema defines them: 1.0 is valid, 1.5 and {@code "1"} are not. A field
   * of a primitive type must be present.
   */
  private static final class IntegerReader extends JsonDeserializer<Integer> {
    private final boolean required;

    IntegerReader(boolean required) {
      this.required = required;
    }

    @Override
    public @Nullable Integer getNullValue(DeserializationContext context)
        throws JsonMappingException {
      return required ? context.reportInputMismatch(int.class, "A number is needed") : null;
    }

    @Override
    public Integer deserialize(JsonParser in, DeserializationContext context) throws IOException {
      try {
        if (in.currentToken().isNumeric()) {
          return in.getDecimalValue().intValueExact();
        }
      } catch (ArithmeticException e) {
        // Fractions and numbers that are too large are refused below, like other invalid values.
      }
      return context.reportInputMismatch(Integer.class, "A whole number is needed");
    }
  }

  private static final class InstantWriter extends JsonSerializer<Instant> {
    @Override
    public void serialize(Instant value, JsonGenerator out, SerializerProvider provider)
        throws IOException {
      out.writeString(time(value));
    }
  }
}
