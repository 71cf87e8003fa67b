using DistZO.Devices;

namespace DistZO.Models.Tests;

public sealed class ModelConfigTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Get_PresentKeys_GivesTheirValues()
    {
        var config = Read("""{"n":3,"x":1e-5,"b":false,"s":"relu","eos":[2,7],"bos":1,"rope":{"theta":10.5},"names":["A"]}""");

        Assert.Equal(3, config.GetInt("n"));
        Assert.Equal(1e-5, config.GetDouble("x"));
        Assert.Equal(3.0, config.GetDouble("n"));
        Assert.False(config.GetBoolOr("b", true));
        Assert.Equal("relu", config.GetString("s"));
        Assert.Equal([2, 7], config.GetInts("eos"));
        Assert.Equal([1], config.GetInts("bos"));
        Assert.Equal(10.5, config.GetObject("rope")!.GetDouble("theta"));
        Assert.Equal(["A"], config.GetStrings("names"));
        Assert.Equal(["n", "x", "b", "s", "eos", "bos", "rope", "names"], config.Names);
    }

    [Fact]
    public void Get_NullOrAbsentKeys_GivesTheDefault()
    {
        var config = Read("""{"n":null}""");

        Assert.All(["n", "absent"], name =>
        {
            Assert.False(config.Has(name));
            Assert.Equal(5, config.GetIntOr(name, 5));
            Assert.Equal(0.5, config.GetDoubleOr(name, 0.5));
            Assert.True(config.GetBoolOr(name, true));
            Assert.Equal("d", config.GetStringOr(name, "d"));
            Assert.Empty(config.GetInts(name));
            Assert.Empty(config.GetStrings(name));
            Assert.Null(config.GetObject(name));
        });
    }

    [Fact]
    public void Get_MissingOrWrongKeys_NamesTheFileAndTheKey()
    {
        var config = Read("""{"s":"3","f":1.5,"o":{"s":"3"},"big":1e999}""");

        AssertRefused(() => config.GetInt("absent"), "'absent' is missing");
        AssertRefused(() => config.GetInt("s"), "'s' must be a whole number, not \"3\"");
        AssertRefused(() => config.GetInt("f"), "'f' must be a whole number, not 1.5");
        AssertRefused(() => config.GetDouble("big"), "'big' must be a number");
        AssertRefused(() => config.GetBoolOr("s", true), "'s' must be true or false");
        AssertRefused(() => config.GetString("f"), "'f' must be a text");
        AssertRefused(() => config.GetObject("f"), "'f' must be an object");
        AssertRefused(() => config.GetInts("s"), "'s' must be a whole number");
        AssertRefused(() => config.GetStrings("s"), "'s' must be a list of texts");
        AssertRefused(() => config.GetObject("o")!.GetInt("s"), "'o.s' must be a whole number");
        AssertRefused(() => throw config.Unsupported("s", "only 4 is"), "'s' is \"3\", which is not supported; only 4 is");
    }

    [Theory]
    [InlineData("{\n  \"a\": NaN\n}", "it is not valid JSON at line 2, column 8")]
    [InlineData("[1]", "it is not a JSON object")]
    [InlineData("", "it is not valid JSON")]
    [InlineData("""{"a":1,"a":2}""", "it is not valid JSON")]
    public void Read_NotAnObject_NamesThePlace(string json, string what) => AssertRefused(() => Read(json), what);

    public void Dispose() => _folder.Dispose();

    private ModelConfig Read(string json)
    {
        File.WriteAllText(_folder["config.json"], json);
        return ModelConfig.Read(_folder["config.json"]);
    }

    private void AssertRefused(Action action, string what)
    {
        var error = Assert.Throws<BadInputException>(action);
        Assert.StartsWith($"'{_folder["config.json"]}': ", error.Message);
        Assert.Contains(what, error.Message);
    }
}
