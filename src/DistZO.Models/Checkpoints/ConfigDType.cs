using System.Buffers;
using System.Text;
using System.Text.Json;
using DistZO.Devices;

namespace DistZO.Models;

/// <summary>
/// Changes the number format that a config.json states, and not one byte besides: <c>dtype</c>, or <c>torch_dtype</c> as it was
/// called before version 5 of Transformers.
/// </summary>
internal static class ConfigDType
{
    /// <summary>The config with those keys of its top level saying <paramref name="type"/>; one is added if there is none.</summary>
    /// <param name="config">The bytes of a config.json that has been read without an error.</param>
    /// <param name="type">The format of the weights beside it.</param>
    public static byte[] Replace(ReadOnlySpan<byte> config, WeightType type)
    {
        var text = Encoding.UTF8.GetBytes($"\"{type.Name()}\"");
        var result = new ArrayBufferWriter<byte>();
        var copied = 0;
        var found = false;
        var start = 0;
        var reader = new Utf8JsonReader(config);
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.StartObject && reader.CurrentDepth == 0) start = (int)reader.BytesConsumed;
            if (reader.TokenType != JsonTokenType.PropertyName || reader.CurrentDepth != 1) continue;
            var isType = reader.ValueTextEquals("dtype") || reader.ValueTextEquals("torch_dtype");
            reader.Read();
            var begin = (int)reader.TokenStartIndex;
            reader.Skip();
            if (!isType) continue;
            result.Write(config[copied..begin]);
            result.Write(text);
            copied = (int)reader.BytesConsumed;
            found = true;
        }

        if (!found)
        {
            // The older name is the one that every version of Transformers reads.
            var next = start + config[start..].IndexOfAnyExcept(" \t\r\n"u8);
            result.Write(config[..start]);
            result.Write("\n  \"torch_dtype\": "u8);
            result.Write(text);
            if (config[next] != '}') result.Write(","u8);
            copied = start;
        }

        result.Write(config[copied..]);
        return result.WrittenSpan.ToArray();
    }
}
