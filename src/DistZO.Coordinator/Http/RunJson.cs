using System.Net.ServerSentEvents;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace DistZO.Coordinator;

/// <summary>
/// The JSON of the REST interface: names and enumerations in snake_case, what is unknown is left out. Made at compile time; the program
/// that asks for a status reads it with the same context.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(SnakeCaseEnum<RunState>), typeof(SnakeCaseEnum<WorkerState>), typeof(FiniteDouble), typeof(FiniteSingle)])]
[JsonSerializable(typeof(RunStatus))]
[JsonSerializable(typeof(WorkerList))]
[JsonSerializable(typeof(StepPage))]
[JsonSerializable(typeof(EvaluationList))]
[JsonSerializable(typeof(EventPage))]
[JsonSerializable(typeof(RunEvent))]
// Of parameters and answers that the OpenAPI document describes.
[JsonSerializable(typeof(JsonObject))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(SseItem<string>))]
[JsonSerializable(typeof(long?))]
[JsonSerializable(typeof(int?))]
[JsonSerializable(typeof(bool?))]
public sealed partial class RunJson : JsonSerializerContext;

/// <summary>An enumeration as words: <c>catching_up</c>.</summary>
internal sealed class SnakeCaseEnum<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false)
    where T : struct, Enum;

/// <summary>JSON has no NaN: a number that is not finite is null.</summary>
internal sealed class FiniteDouble : JsonConverter<double>
{
    public override bool HandleNull => true;

    public override double Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.Null ? double.NaN : reader.GetDouble();

    public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
    {
        if (double.IsFinite(value)) writer.WriteNumberValue(value);
        else writer.WriteNullValue();
    }
}

/// <summary>The same for single precision, so that it is written as short as it is.</summary>
internal sealed class FiniteSingle : JsonConverter<float>
{
    public override bool HandleNull => true;

    public override float Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.Null ? float.NaN : reader.GetSingle();

    public override void Write(Utf8JsonWriter writer, float value, JsonSerializerOptions options)
    {
        if (float.IsFinite(value)) writer.WriteNumberValue(value);
        else writer.WriteNullValue();
    }
}
