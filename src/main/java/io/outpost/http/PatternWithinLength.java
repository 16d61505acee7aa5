package io.outpost.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.ExecutionContext;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaContext;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.keyword.AbstractKeyword;
import com.networknt.schema.keyword.KeywordValidator;
import com.networknt.schema.keyword.PatternValidator;
import com.networknt.schema.path.NodePath;

/**
 * JSON Schema's keyword {@code pattern}, skipped for texts longer than the schema's {@code
 * maxLength}. Such texts are refused anyway, and the cost of a pattern grows with the text.
 */
final class PatternWithinLength extends AbstractKeyword {

  PatternWithinLength() {
    super("pattern");
  }

  @Override
  public KeywordValidator newValidator(
      SchemaLocation location, JsonNode pattern, Schema parent, SchemaContext context) {
    var most = parent.getSchemaNode().path("maxLength").asInt(Integer.MAX_VALUE);
    return new Within(location, pattern, parent, context, most);
  }

  private static final class Within extends PatternValidator {
    private final int most;

    Within(
        SchemaLocation location, JsonNode pattern, Schema parent, SchemaContext context, int most) {
      super(location, pattern, parent, context);
      this.most = most;
    }

    @Override
    public void validate(ExecutionContext execution, JsonNode value, JsonNode root, NodePath at) {
      var text = value.isTextual() ? value.textValue() : "";
      if (text.codePointCount(0, text.length()) <= most) {
        super.validate(execution, value, root, at);
      }
    }
  }
}
