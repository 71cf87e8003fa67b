using System.Text;
using DistZO.Devices;

namespace DistZO.Models.Tests;

public class ConfigDTypeTests
{
    [Theory]
    [InlineData("""{"a": 1.50, "dtype" :  "float16", "b": [ ]}""", """{"a": 1.50, "dtype" :  "bfloat16", "b": [ ]}""")]
    [InlineData("""{"torch_dtype":"float16"}""", """{"torch_dtype":"bfloat16"}""")]
    [InlineData("""{"torch_dtype":null,"dtype":{"x":{}}}""", """{"torch_dtype":"bfloat16","dtype":"bfloat16"}""")]
    [InlineData("""{"vision":{"dtype":"float32"},"dtype":"float32"}""", """{"vision":{"dtype":"float32"},"dtype":"bfloat16"}""")]
    [InlineData("{\n  \"a\": \"é\"\n}\n", "{\n  \"torch_dtype\": \"bfloat16\",\n  \"a\": \"é\"\n}\n")]
    [InlineData(" {}", " {\n  \"torch_dtype\": \"bfloat16\"}")]
    public void Replace_AnyStyle_ChangesNothingBesides(string config, string expected) =>
        Assert.Equal(expected, Encoding.UTF8.GetString(ConfigDType.Replace(Encoding.UTF8.GetBytes(config), WeightType.BFloat16)));
}
